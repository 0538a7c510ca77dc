import { For } from "solid-js";
import type { ClientFamily } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { CheckField, TextAreaField } from "../../ui/Field";
import { CLIENT_FAMILIES, familyName } from "./clientFamilies";

const NETWORKS = "allowedNetworks";
const CLIENT = "allowedClient";

/** The checked clients in display order, or null for every client. */
export function readClients(form: FormData): ClientFamily[] | null {
  const checked = form.getAll(CLIENT);
  const clients = CLIENT_FAMILIES.filter((family) => checked.includes(family));
  return clients.length > 0 ? clients : null;
}

type OriginFieldsProps = {
  allowedNetworks?: string[] | null;
  allowedClients?: ClientFamily[] | null;
  /** The networks that apply if the field is empty. */
  usual?: string[] | null;
  /** The clients to choose from; every one by default. */
  clients?: ClientFamily[] | null;
  networksHint: string;
  clientsHint: string;
};

/** The networks and the clients that a key may be used from. */
export function OriginFields(props: OriginFieldsProps) {
  return (
    <>
      <TextAreaField
        label={t("keys.allowedNetworks")}
        name={NETWORKS}
        rows="2"
        value={props.allowedNetworks?.join("\n") ?? ""}
        placeholder={props.usual?.join("\n")}
        hint={props.networksHint}
        autocomplete="off"
        spellcheck={false}
      />
      <fieldset class="flex flex-col gap-2.5">
        <legend class="mb-1.5 font-medium">{t("keys.allowedClients")}</legend>
        <p class="text-sm text-muted">{props.clientsHint}</p>
        <div class="grid gap-x-4 gap-y-2 sm:grid-cols-2">
          <For each={props.clients ?? CLIENT_FAMILIES}>
            {(family) => (
              <CheckField
                label={familyName(family)}
                name={CLIENT}
                value={family}
                checked={props.allowedClients?.includes(family) ?? false}
              />
            )}
          </For>
        </div>
      </fieldset>
    </>
  );
}
