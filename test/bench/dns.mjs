// Queries per second of the lab's name server, the server in a process of its own.
import { bundled } from './bundled.mjs';
import { row } from './common.mjs';

export async function run() {
  const { module, file, remove } = await bundled('test/bench/dns.ts');
  try {
    const { udp, tcp } = await module.load(file);
    return [
      row('queries answered over UDP, 4 kinds of question, 100 outstanding', udp.perSec, {
        unit: 'q/s',
        note: `${udp.lost} lost of ${udp.answered + udp.lost}`,
      }),
      row('queries answered over TCP, 4 connections', tcp.perSec, { unit: 'q/s', note: `${tcp.answered} answered` }),
    ];
  } finally {
    remove();
  }
}
