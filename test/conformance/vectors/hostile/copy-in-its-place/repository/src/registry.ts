export class Registry {
  one = 1;
  two = 2;
  three = 3;
  clear(): void {
    this.entries.clear();
  }
  size = 0;
}
