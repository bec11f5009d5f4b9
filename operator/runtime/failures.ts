/**
 * The type of a failure decides the retry: `Stalled` waits for a change of the object, `Waiting` comes back after its
 * seconds, `Superseded` (the world moved while we wrote) comes back at once, everything else backs off.
 */

export class Stalled extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Stalled';
  }
}

export class Waiting extends Error {
  readonly seconds: number;
  constructor(message: string, seconds: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Waiting';
    this.seconds = seconds;
  }
}

export class Superseded extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Superseded';
  }
}
