/**
 * Owns in which order waiting keys have their turn: `now` goes before `soon`, `soon` before `later`, and within each the
 * namespaces take turns, so that nobody waits behind a bulk of somebody else. It must not know what makes a key urgent.
 */

/** `now`: somebody changed it and looks on. `soon`: it was begun, or has to be mended. `later`: all else, such as a bulk. */
export type Turn = 'now' | 'soon' | 'later';

const ORDER: readonly Turn[] = ['now', 'soon', 'later'];
const BACKWARDS = ORDER.toReversed();
/** Every so many turns the last come first: whoever is urgent without end must not stop the rest. */
const FAIR = 8;

interface Lane {
  keys: Set<string>;
  /** Goes on where it stood: a fresh one would walk over everything that was taken before. */
  cursor: Iterator<string>;
}

/** `namespace/name` -> `namespace`. */
const laneOf = (key: string): string => key.slice(0, Math.max(0, key.indexOf('/')));

export function sooner(one: Turn, other: Turn | undefined): Turn {
  return other === undefined || ORDER.indexOf(one) < ORDER.indexOf(other) ? one : other;
}

export class Turns {
  readonly #lanes: Record<Turn, Map<string, Lane>> = { now: new Map(), soon: new Map(), later: new Map() };
  readonly #turns = new Map<string, Turn>();
  #taken = 0;

  get size(): number {
    return this.#turns.size;
  }

  has(key: string): boolean {
    return this.#turns.has(key);
  }

  /** A key that waits already moves up, never down. */
  add(key: string, turn: Turn): void {
    const present = this.#turns.get(key);
    const wanted = sooner(turn, present);
    if (wanted === present) return;
    if (present !== undefined) this.#drop(key, present);
    this.#turns.set(key, wanted);
    const lanes = this.#lanes[wanted];
    const lane = lanes.get(laneOf(key)) ?? openLane();
    lanes.set(laneOf(key), lane);
    lane.keys.add(key);
  }

  take(): string | undefined {
    this.#taken += 1;
    for (const turn of this.#taken % FAIR === 0 ? BACKWARDS : ORDER) {
      const [name, lane] = this.#lanes[turn].entries().next().value ?? [];
      if (name === undefined || lane === undefined) continue;
      // To the end of the row, where it stays unless this was its last key.
      this.#lanes[turn].delete(name);
      this.#lanes[turn].set(name, lane);
      const key = nextOf(lane);
      this.#turns.delete(key);
      this.#drop(key, turn);
      return key;
    }
    return undefined;
  }

  clear(): void {
    for (const lanes of Object.values(this.#lanes)) lanes.clear();
    this.#turns.clear();
  }

  #drop(key: string, turn: Turn): void {
    const lane = this.#lanes[turn].get(laneOf(key));
    lane?.keys.delete(key);
    if (lane?.keys.size === 0) this.#lanes[turn].delete(laneOf(key));
  }
}

function openLane(): Lane {
  const keys = new Set<string>();
  return { keys, cursor: keys.values() };
}

/** Of a lane that is not empty. */
function nextOf(lane: Lane): string {
  const next = lane.cursor.next();
  if (next.done !== true) return next.value;
  lane.cursor = lane.keys.values();
  return nextOf(lane);
}
