/** Places within a value, as a person writes them. */

/** `.pages[0].url` */
export function pathOf(steps: readonly PropertyKey[]): string {
  return steps
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('');
}
