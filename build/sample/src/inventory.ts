export interface Item {
  readonly id: string;
  readonly name: string;
  readonly quantity: number;
}

export class Inventory {
  private readonly items = new Map<string, Item>();

  add(item: Item): void {
    this.items.set(item.id, item);
  }

  get(id: string): Item | undefined {
    return this.items.get(id);
  }

  has(id: string): boolean {
    
  }
}
