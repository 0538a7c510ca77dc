import { ErrorBoundary, lazy, Suspense } from "solid-js";
import type { AccountMenuProps } from "./AccountMenu";

// A quarter of what the frame would load is for menus, which are not opened before the page has loaded.
const AccountMenu = lazy(() => import("./AccountMenu"));

/** The account menu, fetched while the page is; until then, an image of its button. */
export function Account(props: AccountMenuProps) {
  const picture = () => (
    <div class={props.triggerClass} aria-hidden="true">
      {props.trigger}
    </div>
  );
  return (
    <ErrorBoundary fallback={picture()}>
      <Suspense fallback={picture()}>
        <AccountMenu {...props} />
      </Suspense>
    </ErrorBoundary>
  );
}
