/** Parameters of an address that are no filters: what is open, and what follows by itself. */
const PASSING = ["request", "live"];

/** The filters in the query string of an address, without `?`. */
export function filtersOf(search: string): string {
  const parameters = new URLSearchParams(search);
  for (const name of PASSING) parameters.delete(name);
  return parameters.toString();
}

/** Whether two query strings have the same parameters, in any order. */
export function isSameView(left: string, right: string): boolean {
  const sorted = (search: string) => {
    const parameters = new URLSearchParams(search);
    parameters.sort();
    return parameters.toString();
  };
  return sorted(left) === sorted(right);
}
