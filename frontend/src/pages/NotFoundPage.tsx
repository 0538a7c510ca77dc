import { A } from "@solidjs/router";
import { buttonClass } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Page } from "../ui/Page";

/** What an address shows that leads nowhere. */
export default function NotFoundPage() {
  return (
    <Page title="Nothing here">
      <EmptyState
        title="This address leads nowhere"
        action={
          <A href="/" class={buttonClass("plain")}>
            To the overview
          </A>
        }
      >
        It may be mistyped, or the page has moved.
      </EmptyState>
    </Page>
  );
}
