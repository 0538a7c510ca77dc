type Counted = {
  outcome: string;
  provider?: string | null;
  tokens?: { total: number } | null;
};

/**
 * Whether a request can have used tokens. One that reached no provider cannot, so its zeros are meaningless: it was
 * rejected, or the engine was down or had no account for it.
 */
export function isMetered({ outcome, provider, tokens }: Counted): boolean {
  if (outcome === "UPSTREAM_ERROR" && provider === null) return (tokens?.total ?? 0) > 0;
  return outcome !== "REJECTED";
}
