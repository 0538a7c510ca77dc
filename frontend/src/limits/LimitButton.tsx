import { createSignal, lazy, Show, Suspense } from "solid-js";
import { May } from "../graphql/may";
import { t } from "../i18n";
import { Button } from "../ui/Button";

// Loaded when it is opened: the overview shows the button, and must load fast.
const LimitDialog = lazy(() => import("./LimitDialog"));

/** Opens the dialog that adds a quota to a user. */
export function LimitButton(props: { userId: string; name: string }) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <May do="changeQuotas">
      <Button
        size="small"
        tone="quiet"
        aria-label={t("limits.limitNamed", { name: props.name })}
        onClick={() => setOpen(true)}
      >
        {t("limits.limitMore")}
      </Button>
      <Show when={isOpen()}>
        <Suspense>
          <LimitDialog userId={props.userId} name={props.name} onClose={() => setOpen(false)} />
        </Suspense>
      </Show>
    </May>
  );
}
