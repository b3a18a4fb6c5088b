export class Registry {
  clear(): void {
    this.entries.clear();
  }
  clearAll(): void {
    this.entries.clear();
  }
  size = 0;
}
