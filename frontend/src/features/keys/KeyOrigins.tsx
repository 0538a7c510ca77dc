import { Show } from "solid-js";
import type { ClientFamily } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { familyName } from "./clientFamilies";

type KeyOriginsProps = {
  apiKey: { allowedNetworks?: string[] | null; allowedClients?: ClientFamily[] | null };
};

/** The networks and the clients that a key is bound to; empty if it is bound to none. */
export function KeyOrigins(props: KeyOriginsProps) {
  const parts = () => [
    ...(props.apiKey.allowedNetworks ?? []),
    ...(props.apiKey.allowedClients ?? []).map(familyName),
  ];
  return (
    <Show when={parts().length > 0}>
      <span class="block text-sm break-words text-muted">
        {t("keys.only", { origins: parts().join(", ") })}
      </span>
    </Show>
  );
}
