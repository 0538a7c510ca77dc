export { ChannelList } from "./ChannelList";
export { DeliveryList } from "./DeliveryList";
export { RuleList } from "./RuleList";
