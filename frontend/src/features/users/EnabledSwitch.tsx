import { t } from "../../i18n";
import { Switch } from "../../ui/Switch";
import { createEnabling } from "./createEnabling";

/** Lets a user in or keeps them out; their keys stay as they are. */
export function EnabledSwitch(props: { id: string; name: string; enabled: boolean }) {
  const { isEnabled, enable } = createEnabling(() => props);
  return (
    <Switch
      label={t("common.enableNamed", { name: props.name })}
      hideLabel
      checked={isEnabled()}
      onChange={(enabled) => void enable(enabled)}
    />
  );
}
