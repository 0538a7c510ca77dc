const STORE = "proxypal.key";

/**
 * The key with which an end user signed in. It lives as long as the tab: whoever closes it is signed out,
 * and no other tab and no other server gets to see it.
 */
export function userKey(): string | undefined {
  return sessionStorage.getItem(STORE) ?? undefined;
}

/** Speaks for the owner of this key from now on. */
export function keepUserKey(key: string) {
  sessionStorage.setItem(STORE, key);
}

/** Forgets the key. */
export function forgetUserKey() {
  sessionStorage.removeItem(STORE);
}

/** What a request says of the key, where there is one. */
export function keyAuthorization(): string | undefined {
  const key = userKey();
  return key && `Bearer ${key}`;
}
