// New.
export class Registry {
  size2 = 0;
  clear(): void {
    this.entries.clear();
  }
  clearAll(): void {
    this.entries.clear();
  }
  size = 0;
}
