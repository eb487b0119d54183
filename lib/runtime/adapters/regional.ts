/** One client per Region, made when it is first needed. */
export class Regional<C> {
  private readonly clients = new Map<string, C>();

  public constructor(private readonly make: (region: string) => C) {}

  public in(region: string): C {
    const client = this.clients.get(region) ?? this.make(region);
    this.clients.set(region, client);
    return client;
  }
}
