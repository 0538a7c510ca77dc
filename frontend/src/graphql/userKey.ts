const STORE = "proxypal.key";

/**
 * The key with which an end user signed in. It is kept per tab: closing the tab signs the user out,
 * and no other tab and no other server can read it.
 */
export function userKey(): string | undefined {
  return sessionStorage.getItem(STORE) ?? undefined;
}

/** Authenticates with this key from now on. */
export function keepUserKey(key: string) {
  sessionStorage.setItem(STORE, key);
}

/** Removes the key. */
export function forgetUserKey() {
  sessionStorage.removeItem(STORE);
}

/** The `Authorization` header of a request, or undefined without a key. */
export function keyAuthorization(): string | undefined {
  const key = userKey();
  return key && `Bearer ${key}`;
}
