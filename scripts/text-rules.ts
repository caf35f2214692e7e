// Words that must not be in a source file, each with what to do instead.
interface TextRule {
  readonly files: RegExp;
  readonly except?: RegExp;
  readonly pattern: RegExp;
  readonly advice: string;
}

const rules: readonly TextRule[] = [
  {
    files: /^test\//u,
    except: /^test\/(?:crash|helpers)\//u,
    pattern: /\bset(?:Timeout|Interval)\s*\(|['"](?:node:)?timers\/promises['"]|\bAtomics\.wait\(/u,
    advice: 'tests do not sleep: inject a clock, await an event, drain, or use test/helpers/',
  },
  {
    files: /^test\//u,
    pattern: /\b(?:test|it|describe|suite|t|context)\.(?:skip|only|todo)\s*\(/u,
    advice: 'no test is skipped, singled out or put off',
  },
  {
    files: /./u,
    except: /^scripts\/text-rules\.ts$/u,
    pattern: /\b(?:oxlint|eslint)-disable|@ts-(?:ignore|nocheck)|\bprettier-ignore\b/u,
    advice: 'repair it instead of silencing the check',
  },
  {
    files: /./u,
    except: /^scripts\/text-rules\.ts$/u,
    pattern: /\b(?:TODO|FIXME|XXX)\b/u,
    advice: 'do it now, or file an issue',
  },
];

/** A line for each line of the text that breaks a rule: `file:line: advice`. */
export function textViolations(file: string, text: string): string[] {
  const applying = rules.filter(({ files, except }) => files.test(file) && !except?.test(file));
  return text
    .split('\n')
    .flatMap((line, index) =>
      applying
        .filter(({ pattern }) => pattern.test(line))
        .map(({ advice }) => `${file}:${index + 1}: ${advice}`),
    );
}
