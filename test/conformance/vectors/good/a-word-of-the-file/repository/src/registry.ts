export class Registry {
  clear(): void {
    this.entries.clear();
  }
  size(): number {
    return this.entries.size;
  }
}
