import { cleanup, configure } from "@solidjs/testing-library";
import { afterEach } from "vitest";
import { loadLanguage } from "../i18n";
import { setProviders } from "../ui/providers";
import { SOME_PROVIDERS } from "./providers";

// Lazy pages are compiled on their first visit, which takes a busy machine longer than a second.
configure({ asyncUtilTimeout: 10_000 });

/** A line to the server that never opens: tests of live pages bring an exchange of their own. */
class SilentSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly readyState = SilentSocket.CONNECTING;
  close() {}
}

Object.assign(globalThis, { WebSocket: SilentSocket });

// jsdom has no layout, so there is nothing to scroll.
window.scrollTo = () => {};

// Nor is there a screen, which the library of the charts asks about while it is loaded.
Object.assign(globalThis, {
  matchMedia: () => ({ matches: false, addEventListener() {}, removeEventListener() {} }),
});

await loadLanguage("en");

// Pages appear once the providers are known.
setProviders(SOME_PROVIDERS);

// Each test starts on an empty page.
afterEach(cleanup);
