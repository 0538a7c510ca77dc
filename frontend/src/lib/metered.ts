/** Whether a request can have used anything: a rejected one reached no provider, so its zeros mean nothing. */
export function isMetered(request: { outcome: string }): boolean {
  return request.outcome !== "REJECTED";
}
