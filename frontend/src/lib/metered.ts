/** Whether a request can have used tokens: a rejected one reached no provider, so its zeros are meaningless. */
export function isMetered(request: { outcome: string }): boolean {
  return request.outcome !== "REJECTED";
}
