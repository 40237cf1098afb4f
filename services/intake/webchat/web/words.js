/* Every word that the panel says, Chinese and English. */
const ZH = {
  open: "打开在线客服", close: "关闭", back: "返回", language: "English", here: "在线", away: "非服务时间", offline: "网络已断开",
  hours: (h) => `服务时间 ${h}`, awayNote: (h) => `现在不在服务时间（${h}）。您可以照常留言，我们上班后第一时间回复。`,
  offlineNote: "网络已断开。您写的内容会保存在本机，恢复后自动发送一次。",
  who: "怎样联系您？", whoNote: "手机或邮箱填一项即可，用于发送受理和进度通知。", name: "姓名（选填）", phone: "手机号", email: "邮箱", or: "或",
  contactOf: "回复将发往", change: "修改",
  write: "输入消息…", send: "发送", attach: "添加文件", remove: "移除", chat: "咨询",
  claim: "理赔", complaint: "投诉", return: "退换货", repair: "维修", exchange: "换货",
  claimHint: "丢失、破损、短少、延误", complaintHint: "服务、派送、态度", returnHint: "退货或换货", repairHint: "商品故障报修",
  kind: "问题类型", loss: "丢失", damage: "破损", shortage: "短少", delay: "延误", wrong_delivery: "错投", return_dispute: "退件纠纷", cold_chain: "冷链变质",
  tracking: "运单号", order: "订单号", claimed: "索赔金额（元）", goods: "商品名称", payee: "收款账户", text: "情况说明", wish: "希望", wishReturn: "退货退款", wishExchange: "换货",
  files: "照片或文件", evidence: "材料类型", none: "未指定", proof_of_value: "货值证明", damage_photo: "损失照片", waybill: "运输单据", packaging: "内外包装", serial_number: "序列号",
  drop: "选择照片、视频或 PDF", limit: (mb) => `单个不超过 ${mb} MB`, submit: "提交", required: "必填",
  waiting: "等待网络，将自动发送", sending: "正在发送…", sent: "已送达", failed: "未发送", retry: "重试", without: (name) => `不带 ${name} 发送`, colon: "：", discard: "删除", reference: "受理号",
  queued: "已受理，排队中", assigned: "客服处理中", waiting_customer: "等待您的回复", resolved: "已解决，待您确认", closed: "工单已关闭",
  case: "工单", agent: "客服", you: "您", log: "对话", menu: "办理", sentNote: "已收到。进展会显示在这里，并发送到您留下的联系方式。",
  bad: { phone: "手机号不正确，境外号码请写 + 和国家代码", email: "邮箱不正确", contact: "请填手机号或邮箱", tracking: "运单号为 4–40 位字母或数字", order: "订单号为 3–64 位字母、数字、- 或 _", claimed: "请填金额，最多两位小数", required: "请填写此项", size: (mb) => `文件超过 ${mb} MB`, many: "最多 10 个文件" },
  problem: { "too-large": "文件太大", "unsupported-media-type": "不支持这种文件", "rate-limited": "发送太频繁，请稍后再试", invalid: "内容有误，请检查", "origin-refused": "本网站未获准使用此客服组件", other: "未能发送，请稍后重试" },
};
const EN = {
  open: "Open customer care", close: "Close", back: "Back", language: "中文", here: "Online", away: "Out of hours", offline: "No connection",
  hours: (h) => `Hours ${h}`, awayNote: (h) => `Nobody is here right now (hours: ${h}). Leave a message all the same: we answer first thing.`,
  offlineNote: "No connection. What you write is kept on this device and sent once, as soon as it is back.",
  who: "How can we reach you?", whoNote: "A phone number or a mail address is enough. We send receipts and progress there.", name: "Name (optional)", phone: "Phone", email: "Email", or: "or",
  contactOf: "Answers go to", change: "Change",
  write: "Write a message…", send: "Send", attach: "Add a file", remove: "Remove", chat: "Chat",
  claim: "Claim", complaint: "Complaint", return: "Return or exchange", repair: "Repair", exchange: "Exchange",
  claimHint: "Lost, damaged, missing, late", complaintHint: "Service, delivery, conduct", returnHint: "Send back or swap", repairHint: "Something is broken",
  kind: "What happened", loss: "Lost", damage: "Damaged", shortage: "Items missing", delay: "Late", wrong_delivery: "Delivered wrongly", return_dispute: "Dispute about a return", cold_chain: "Spoiled (cold chain)",
  tracking: "Tracking number", order: "Order number", claimed: "Amount claimed (CNY)", goods: "Goods", payee: "Account to be paid", text: "What happened, in your words", wish: "You would like", wishReturn: "Return and refund", wishExchange: "An exchange",
  files: "Photos or files", evidence: "What it shows", none: "Not said", proof_of_value: "Proof of value", damage_photo: "Photo of the damage", waybill: "Waybill", packaging: "Packaging", serial_number: "Serial number",
  drop: "Choose photos, videos or PDF", limit: (mb) => `up to ${mb} MB each`, submit: "Submit", required: "required",
  waiting: "Waiting for a connection", sending: "Sending…", sent: "Received", failed: "Not sent", retry: "Try again", without: (name) => `Send without ${name}`, colon: ": ", discard: "Delete", reference: "Reference",
  queued: "Received, in the queue", assigned: "We are on it", waiting_customer: "Waiting for your answer", resolved: "Solved, please confirm", closed: "Closed",
  case: "Case", agent: "Care team", you: "You", log: "Conversation", menu: "Forms", sentNote: "We have it. Progress appears here and goes to the contact you left.",
  bad: { phone: "Not a valid phone number; outside China write + and the country code", email: "Not a valid mail address", contact: "Give a phone number or a mail address", tracking: "4–40 letters or digits", order: "3–64 letters, digits, - or _", claimed: "An amount with at most two decimals", required: "Please fill this in", size: (mb) => `Larger than ${mb} MB`, many: "10 files at most" },
  problem: { "too-large": "The file is too large", "unsupported-media-type": "This kind of file is not taken", "rate-limited": "Too many messages, try again shortly", invalid: "Something is wrong in what was entered", "origin-refused": "This site may not use the widget", other: "Could not be sent, try again later" },
};
export const WORDS = { zh: ZH, en: EN };

/* Service hours, with the name of their time zone for who is in another one. */
export function shownHours({ hours, zone }, language) {
  if (!zone || zone === Intl.DateTimeFormat().resolvedOptions().timeZone) return hours;
  const parts = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { timeZone: zone, timeZoneName: "long" }).formatToParts();
  return `${hours}${language === "zh" ? "，" : ", "}${parts.find((part) => part.type === "timeZoneName").value}`;
}

export function firstLanguage(languages, remembered) {
  const wanted = [new URLSearchParams(location.search).get("lang"), remembered, document.documentElement.dataset.care, ...(navigator.languages || [])];
  for (const tag of wanted) {
    const short = (tag || "").toLowerCase().slice(0, 2);
    if (languages.includes(short)) return short;
  }
  return languages[0];
}
