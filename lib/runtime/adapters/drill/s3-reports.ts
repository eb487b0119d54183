import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Reports } from '../../ports';
import { clientSettings } from '../clients';

export class S3Reports implements Reports {
  private readonly client = new S3Client(clientSettings());

  constructor(private readonly bucket: string) {}

  public async put(key: string, body: string, contentType: string): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body, ContentType: contentType }));
  }
}
