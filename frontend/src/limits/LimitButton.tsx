import { createSignal, lazy, Show, Suspense } from "solid-js";
import { May } from "../graphql/may";
import { t } from "../i18n";
import { Button } from "../ui/Button";

// Loaded when it is opened: the overview shows the button, and must load fast.
const LimitDialog = lazy(() => import("./LimitDialog"));

type LimitButtonProps = {
  user: { id: string; archivedAt?: string | null } | null | undefined;
  name: string;
};

/** Opens the dialog that adds a quota to a user; absent if the user is archived. */
export function LimitButton(props: LimitButtonProps) {
  const [isOpen, setOpen] = createSignal(false);
  const user = () => (props.user?.archivedAt ? undefined : props.user);
  return (
    <May do="changeQuotas">
      <Show when={user()}>
        {(known) => (
          <>
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
                <LimitDialog userId={known().id} name={props.name} onClose={() => setOpen(false)} />
              </Suspense>
            </Show>
          </>
        )}
      </Show>
    </May>
  );
}
