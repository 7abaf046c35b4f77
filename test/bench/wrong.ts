/** What makes a run fail: numbers that are wrong, never ones that are slow. */
export const wrong: string[] = [];

export function expectCount(what: string, got: number, wanted: number): void {
  if (got === wanted) return;
  const by = got < wanted ? `${wanted - got} missing` : `${got - wanted} too many`;
  wrong.push(`${what}: ${got} instead of ${wanted}, ${by}`);
}
