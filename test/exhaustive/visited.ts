/**
 * Every state that was seen, by a hash of 64 bits over the identities of its parts, with the way it was first reached. Among
 * ten million states two share a hash by chance once in some hundred thousand searches.
 */
export class Visited {
  #capacity = 1 << 16;
  #slots = new Int32Array(this.#capacity).fill(-1);
  #low = new Uint32Array(1 << 16);
  #high = new Uint32Array(1 << 16);
  #from = new Int32Array(1 << 16);
  #move = new Uint16Array(1 << 16);
  size = 0;
  /** How often a state was met that had been seen. */
  cut = 0;

  /** The state's number when it is new, else undefined. `move` is the number of the move that leads here from `from`. */
  add(identity: readonly number[], from: number, move: number): number | undefined {
    const [low, high] = hash64(identity);
    const mask = this.#capacity - 1;
    let slot = low & mask;
    for (let at = this.#slots[slot] ?? -1; at >= 0; at = this.#slots[slot] ?? -1) {
      if (this.#low[at] === low && this.#high[at] === high) {
        this.cut += 1;
        return undefined;
      }
      slot = (slot + 1) & mask;
    }
    const at = this.size++;
    if (at >= this.#low.length) this.#growRows();
    this.#slots[slot] = at;
    this.#low[at] = low;
    this.#high[at] = high;
    this.#from[at] = from;
    this.#move[at] = move;
    if (this.size * 2 > this.#capacity) this.#growSlots();
    return at;
  }

  /** The numbers of the moves from the first state to this one. */
  wayTo(state: number): readonly number[] {
    const way: number[] = [];
    for (let at = state; (this.#from[at] ?? -1) >= 0; at = this.#from[at] ?? -1)
      way.push(this.#move[at] ?? 0);
    return way.reverse();
  }

  #growRows(): void {
    const grown = <T extends Uint32Array | Int32Array | Uint16Array>(rows: T, larger: T): T => {
      larger.set(rows as never);
      return larger;
    };
    const rows = this.#low.length * 2;
    this.#low = grown(this.#low, new Uint32Array(rows));
    this.#high = grown(this.#high, new Uint32Array(rows));
    this.#from = grown(this.#from, new Int32Array(rows));
    this.#move = grown(this.#move, new Uint16Array(rows));
  }

  #growSlots(): void {
    this.#capacity *= 2;
    this.#slots = new Int32Array(this.#capacity).fill(-1);
    const mask = this.#capacity - 1;
    for (let at = 0; at < this.size; at++) {
      let slot = (this.#low[at] ?? 0) & mask;
      while ((this.#slots[slot] ?? -1) >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = at;
    }
  }
}

/** Two independent mixes of 32 bits each (the finalizer of MurmurHash3 over every number). */
function hash64(numbers: readonly number[]): readonly [number, number] {
  let low = 0x9e3779b9;
  let high = 0x85ebca6b;
  for (const number of numbers) {
    low = mixed(Math.imul(low ^ number, 0xcc9e2d51) + 0x1b873593);
    high = mixed(Math.imul(high + number, 0x2545f491) ^ 0x6c8e9cf5);
  }
  return [low >>> 0, high >>> 0];
}

function mixed(number: number): number {
  let hash = number;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
