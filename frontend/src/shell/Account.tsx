import { ErrorBoundary, lazy, Suspense } from "solid-js";
import type { AccountMenuProps } from "./AccountMenu";

// A quarter of what the frame would load is for menus, which nobody opens before the page is there.
const AccountMenu = lazy(() => import("./AccountMenu"));

/** The account menu, fetched while the page is; until then, what its button will look like. */
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
