import { createQuery } from "@urql/solid";
import { createEffect, For, on } from "solid-js";
import { graphql } from "../../../graphql/generated";
import { t } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Ago } from "../../../ui/Moment";
import { Notice } from "../../../ui/Notice";
import { providerName } from "../../../ui/providers";

const PendingProviderLoginsQuery = graphql(`
  query PendingProviderLogins {
    pendingProviderLogins {
      id
      kind
      createdAt
    }
  }
`);

type PendingSignInsProps = {
  /** The one whose dialog is open already. */
  openId: string | undefined;
  onOpen: (id: string) => void;
};

/** The caller's sign-ins that were begun and left, so that they can be gone on with. */
export function PendingSignIns(props: PendingSignInsProps) {
  const [pending, ask] = createQuery({
    query: PendingProviderLoginsQuery,
    context: { additionalTypenames: ["ProviderLogin"] },
  });
  // A sign-in may have ended at the provider, which does not invalidate the cache.
  createEffect(
    on(
      () => props.openId,
      () => ask({ requestPolicy: "network-only" }),
      { defer: true },
    ),
  );
  const others = () =>
    (pending.data?.pendingProviderLogins ?? []).filter(({ id }) => id !== props.openId);
  return (
    <For each={others()}>
      {(login) => (
        <Notice tone="info">
          <div class="flex flex-wrap items-center gap-x-4 gap-y-2">
            <span>
              {t("signIn.waits", { name: providerName(login.kind) })} {t("signIn.begun")}{" "}
              <Ago at={login.createdAt} />.
            </span>
            <Button size="small" onClick={() => props.onOpen(login.id)}>
              {t("common.continue")}
            </Button>
          </div>
        </Notice>
      )}
    </For>
  );
}
