/**
 * The tokens by which claims lease, and those of claims whose commit was sent and never answered: it may have leased jobs
 * that nobody knows of, and that nobody else runs while their worker lives.
 */
import type { ClaimRequest, WorkerKey } from '../store.ts';

interface Unheard {
  readonly epoch: number;
  readonly tokens: readonly number[];
}

export class Tokens {
  readonly #drawn = new WeakMap<ClaimRequest, readonly number[]>();
  /** Of the last life of each worker. */
  readonly #unheard = new Map<string, Unheard>();
  #current: ReadonlySet<number> = new Set();

  /** A transaction is tried, with these claims in it. */
  begin(requests: readonly ClaimRequest[]): void {
    this.#current = new Set(requests.flatMap((request) => this.of(request)));
  }

  /** Whether a claim of this transaction leases by it. */
  isCurrent(token: number): boolean {
    return this.#current.has(token);
  }

  /**
   * One for each slot, drawn once for a request, however often it is tried. A lease is known by a number that no other
   * lease of the job has: drawn from 2^53, and no secret.
   */
  of(request: ClaimRequest): readonly number[] {
    const tokens =
      this.#drawn.get(request) ??
      request.slots.map(() => Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
    this.#drawn.set(request, tokens);
    return tokens;
  }

  /** Its commit is on its way. */
  sent(request: ClaimRequest): void {
    const { instance, epoch } = request.worker;
    const tokens = new Set([...this.unheardOf(request.worker), ...this.of(request)]);
    this.#unheard.set(instance, { epoch, tokens: [...tokens] });
  }

  /** It was committed. Should the same object come again, it asks for other jobs. */
  used(request: ClaimRequest): void {
    this.#drawn.delete(request);
  }

  /** It was committed, and with it what was found out about the claims before. */
  answered(request: ClaimRequest): void {
    this.used(request);
    this.#unheard.delete(request.worker.instance);
  }

  unheardOf({ instance, epoch }: WorkerKey): readonly number[] {
    const unheard = this.#unheard.get(instance);
    return unheard?.epoch === epoch ? unheard.tokens : [];
  }
}
