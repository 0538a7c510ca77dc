type KnownKey = { id: string; state: string; user: { id: string } };

/** The row of a key on the page of its user, where revoked keys are shown only if asked for. */
export function keyPath(key: KnownKey): string {
  const revoked = key.state === "REVOKED" ? "&revoked=yes" : "";
  return `/users/${key.user.id}/keys?key=${key.id}${revoked}`;
}
