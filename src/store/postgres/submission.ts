/**
 * Statements that go to the server as one message and are one transaction, by the one Sync that ends it: committed together, or
 * not at all. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
import type pg from 'pg';
import { blankRow, type Row } from '../rows.ts';

/** A prepared statement with the values that it is run with. */
export interface Call {
  readonly name: string;
  readonly text: string;
  readonly values: readonly (string | number | boolean | null | undefined)[];
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/** What the rows of statements look like, by the statements' names: asked for once on a connection. */
export type Shapes = Map<string, Shape>;

interface Shape {
  readonly columns: readonly Column[];
  readonly blank: Row;
}

const noRows: Shape = { columns: [], blank: {} };

export interface Submission {
  readonly calls: readonly Call[];
  readonly shapes: Shapes;
}

/** Of each call. */
export type Rows = readonly (readonly Row[])[];

type ParserOf = (type: number) => unknown;

/** Has a client of the driver submit calls; resolves once all is committed. */
export type Submit = (
  client: pg.Client,
  submission: Submission,
  parserOf: ParserOf,
) => Promise<Rows>;

interface Submitted extends Submission {
  readonly parserOf: ParserOf;
  readonly committed: (rows: Rows) => void;
  readonly failed: (error: unknown) => void;
}

/** What the driver's own queries use of its connection; its types tell less. */
interface Wire {
  readonly parsedStatements: Record<string, string | undefined>;
  /** Sent to be parsed, and not answered yet. Only versions that send before they are answered have it. */
  readonly submittedNamedStatements?: Record<string, string | undefined>;
  parse(statement: { readonly name: string; readonly text: string }): void;
  bind(call: { readonly statement: string; readonly values: readonly (string | null)[] }): void;
  describe(what: { readonly type: 'P'; readonly name: string }): void;
  execute(what: { readonly portal: string }): void;
  sync(): void;
}

interface Described {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

interface Answered {
  readonly fields: readonly (string | null)[];
}

/**
 * The driver takes a query of another class only if it extends its own, and hands it what the server answers to it. By `name` and
 * `text` it notes what has been prepared, so they are those of the call that is being answered.
 */
export function submissions(library: typeof pg): Submit {
  class Query extends library.Query {
    readonly #progress: Progress;
    /** Of the driver, to know that a timer of its own (`query_timeout`) is of no use any more. */
    declare callback: ((error: unknown) => void) | undefined;

    constructor(submitted: Submitted) {
      super('');
      this.#progress = new Progress(submitted);
      Object.assign(this, this.#progress.shown);
    }

    override submit = (connection: unknown): void => {
      this.#progress.send(connection as Wire);
    };

    handleRowDescription(described: Described): void {
      this.#progress.describe(described);
    }

    handleDataRow(row: Answered): void {
      this.#progress.take(row);
    }

    handleCommandComplete(): void {
      this.#progress.next();
      Object.assign(this, this.#progress.shown);
    }

    handleError(error: unknown, connection: unknown): void {
      this.callback?.(error);
      this.#progress.fail(error, connection as Wire);
    }

    handleReadyForQuery(): void {
      this.callback?.(null);
      this.#progress.end();
    }
  }
  return (client, submission, parserOf) =>
    new Promise((committed, failed) => {
      client.query(new Query({ ...submission, parserOf, committed, failed }));
    });
}

/** How far the server has got with the calls of a submission. */
class Progress {
  readonly #submitted: Submitted;
  readonly #rows: Row[][] = [[]];
  /** Names that this submission has the server prepare. */
  readonly #prepared = new Set<string>();

  constructor(submitted: Submitted) {
    this.#submitted = submitted;
  }

  /** The call that is being answered; none, once all are. */
  get shown(): { readonly name: string | undefined; readonly text: string | undefined } {
    const { name, text } = this.#left[0] ?? {};
    return { name, text };
  }

  send(wire: Wire): void {
    for (const call of this.#submitted.calls) this.#sendOne(wire, call);
    wire.sync();
  }

  describe({ fields }: Described): void {
    const { parserOf, shapes } = this.#submitted;
    const columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: parserOf(dataTypeID) as Column['parse'],
    }));
    shapes.set(this.#name, { columns, blank: blankRow(columns.map(({ name }) => name)) });
  }

  take({ fields }: Answered): void {
    const shape = this.#submitted.shapes.get(this.#name) ?? noRows;
    this.#rows.at(-1)?.push(rowOf(shape, fields));
  }

  next(): void {
    const { shapes } = this.#submitted;
    // Nothing was told of a statement that returns no rows.
    if (!shapes.has(this.#name)) shapes.set(this.#name, noRows);
    this.#rows.push([]);
  }

  end(): void {
    this.#submitted.committed(this.#rows);
  }

  /** What follows an error is skipped by the server, and was not prepared. */
  fail(error: unknown, { submittedNamedStatements = {} }: Wire): void {
    for (const { name } of this.#left)
      if (this.#prepared.has(name)) Reflect.deleteProperty(submittedNamedStatements, name);
    this.#submitted.failed(error);
  }

  get #left(): readonly Call[] {
    return this.#submitted.calls.slice(this.#rows.length - 1);
  }

  get #name(): string {
    return this.#submitted.calls[this.#rows.length - 1]?.name ?? '';
  }

  #sendOne(wire: Wire, { name, text, values }: Call): void {
    if (!isPrepared(wire, name)) {
      this.#prepared.add(name);
      wire.parse({ name, text });
      if (wire.submittedNamedStatements) wire.submittedNamedStatements[name] = text;
    }
    wire.bind({ statement: name, values: values.map(textOf) });
    if (!this.#submitted.shapes.has(name)) wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '' });
  }
}

function isPrepared({ parsedStatements, submittedNamedStatements = {} }: Wire, name: string) {
  return parsedStatements[name] !== undefined || submittedNamedStatements[name] !== undefined;
}

/** As the driver's own queries write values: https://www.postgresql.org/docs/current/protocol-message-formats.html */
function textOf(value: Call['values'][number]): string | null {
  return value === null || value === undefined ? null : String(value);
}

function rowOf({ columns, blank }: Shape, fields: readonly (string | null)[]): Row {
  const row: Record<string, unknown> = { ...blank };
  for (const [place, { name, parse }] of columns.entries()) {
    const field = fields[place] ?? null;
    row[name] = field === null ? null : parse(field);
  }
  return row;
}
