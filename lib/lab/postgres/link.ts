/** A path of the network between two places: bytes pass, stand still, or are refused. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** `frozen`: connections stay and nothing arrives, as on a broken path. `cut`: they break, and new ones are refused. */
export type LinkState = 'open' | 'frozen' | 'cut';

export class Link {
  private server: Server | undefined;
  private current: LinkState = 'open';
  private lateMs = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private from: Place,
    private readonly to: Place,
  ) {}

  /** @param from port 0: any that is free */
  public static async open(from: Place, to: Place): Promise<Link> {
    const link = new Link(from, to);
    await link.listen();
    return link;
  }

  public get place(): Place {
    return this.from;
  }

  public get state(): LinkState {
    return this.current;
  }

  public async set(state: LinkState): Promise<void> {
    if (state === this.current) return;
    const before = this.current;
    this.current = state;
    if (state === 'frozen' && before === 'open') {
      for (const socket of this.sockets) socket.pause();
      return;
    }
    // What stood still on a broken path never arrives: both ends connect anew.
    this.drop();
    if (state === 'cut') await this.unlisten();
    else if (before === 'cut') await this.listen();
  }

  /** From now on, what the far end says takes so long to arrive, in real ms; what is on its way when the path breaks is gone. */
  public delay(lateMs: number): void {
    this.lateMs = lateMs;
  }

  public async close(): Promise<void> {
    this.current = 'cut';
    this.drop();
    await this.unlisten();
  }

  private listen(): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (socket) => this.accept(socket));
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.from.port, this.from.host, () => {
        this.from = { host: this.from.host, port: (server.address() as AddressInfo).port };
        resolve();
      });
    });
  }

  private unlisten(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    return new Promise((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  private drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    const other = connect(this.to.port, this.to.host);
    this.join(socket, (bytes) => other.write(bytes), other);
    this.join(other, this.late(socket), socket);
    if (this.current === 'open') socket.resume();
    else other.pause();
  }

  /** Writes to `socket` in order, each piece as late as the path was when it was sent. */
  private late(socket: Socket): (bytes: Buffer) => boolean {
    const onTheWay: { readonly bytes: Buffer; readonly atMs: number }[] = [];
    const arrive = () => {
      while (onTheWay[0] && onTheWay[0].atMs <= performance.now()) {
        const { bytes } = onTheWay.shift() as { readonly bytes: Buffer };
        if (this.current === 'open' && !socket.destroyed) socket.write(bytes);
      }
      if (onTheWay[0] && !socket.destroyed) setTimeout(arrive, Math.max(1, onTheWay[0].atMs - performance.now()));
    };
    return (bytes) => {
      if (this.lateMs === 0 && onTheWay.length === 0) return socket.write(bytes);
      onTheWay.push({ bytes, atMs: performance.now() + this.lateMs });
      if (onTheWay.length === 1) setTimeout(arrive, this.lateMs);
      return true;
    };
  }

  private join(one: Socket, pass: (bytes: Buffer) => boolean, other: Socket): void {
    this.sockets.add(one);
    one.on('data', (bytes) => {
      if (!pass(bytes)) one.pause();
    });
    other.on('drain', () => {
      if (this.current === 'open') one.resume();
    });
    // Which error it was, the other end learns from its own socket.
    one.on('error', () => undefined);
    one.on('close', () => {
      this.sockets.delete(one);
      // On a frozen path nobody learns that the other end is gone.
      if (this.current !== 'frozen') other.destroy();
    });
  }
}
