import { Switch } from "../../ui/Switch";
import { createEnabling } from "./createEnabling";
import { words } from "./words";

/** Lets a user in or keeps them out; their keys stay as they are. */
export function EnabledSwitch(props: { id: string; name: string; enabled: boolean }) {
  const { isEnabled, enable } = createEnabling(() => props);
  return (
    <Switch
      label={words().mayUse(props.name)}
      hideLabel
      checked={isEnabled()}
      onChange={(enabled) => void enable(enabled)}
    />
  );
}
