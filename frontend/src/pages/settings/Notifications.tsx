import { ChannelList, DeliveryList, RuleList } from "../../features/notifications";

/** The notification channels, rules and deliveries. */
export default function Notifications() {
  return (
    <>
      <ChannelList />
      <RuleList />
      <DeliveryList />
    </>
  );
}
