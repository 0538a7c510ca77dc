import type { ClientFamily } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { endDay } from "../../lib/form";
import { TextAreaField, TextField } from "../../ui/Field";
import { OriginFields } from "./OriginFields";

type KeyFieldsProps = {
  apiKey?: {
    name: string;
    expiresAt?: string | null;
    allowedModels?: string[] | null;
    allowedNetworks?: string[] | null;
    allowedClients?: ClientFamily[] | null;
  };
};

/** The fields of a key. */
export function KeyFields(props: KeyFieldsProps) {
  return (
    <>
      <TextField
        label={t("common.name")}
        name="name"
        value={props.apiKey?.name ?? ""}
        hint={t("keys.nameHint")}
        autocomplete="off"
        required
        autofocus
      />
      <TextField
        label={t("common.expirationDate")}
        name="expiresOn"
        type="date"
        value={endDay(props.apiKey?.expiresAt)}
        hint={t("keys.lastDayHint")}
      />
      <TextAreaField
        label={t("common.allowedModels")}
        name="allowedModels"
        rows="2"
        value={props.apiKey?.allowedModels?.join("\n") ?? ""}
        hint={t("keys.allowedModelsHint")}
      />
      <OriginFields
        allowedNetworks={props.apiKey?.allowedNetworks}
        allowedClients={props.apiKey?.allowedClients}
        networksHint={t("keys.allowedNetworksHint")}
        clientsHint={t("keys.allowedClientsHint")}
      />
    </>
  );
}
