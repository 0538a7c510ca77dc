import { A } from "@solidjs/router";
import { buttonClass } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Page } from "../ui/Page";
import { words } from "./words";

/** What an address shows that leads nowhere. */
export default function NotFoundPage() {
  return (
    <Page title={words().lostTitle}>
      <EmptyState
        title={words().lost}
        action={
          <A href="/" class={buttonClass("plain")}>
            {words().overview}
          </A>
        }
      >
        {words().lostHint}
      </EmptyState>
    </Page>
  );
}
