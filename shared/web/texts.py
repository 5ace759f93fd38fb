"""The shell's texts: key → (Chinese, English)."""

from collections.abc import Mapping
from typing import Final

from shared.web.words import Pair

TEXTS: Final[Mapping[str, Pair]] = {
    "product": ("三官一师", "Sanguan"),
    "motto": ("进社区 · 化解矛盾 · 保平安", "Judges, prosecutors, police and lawyers in the community"),
    "skip": ("跳到正文", "Skip to the content"),
    "menu": ("栏目", "Sections"),
    "other_language": ("English", "中文"),
    "none": ("未注明", "not stated"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "comma": ("、", ", "),
    "labelled": ("{label}：{value}", "{label}: {value}"),
    "sealed": ("个人信息已密封", "Personal data are sealed"),
    "footer": (
        "每一个数字都由只增不改的记录算出，任何人可重新核算。",
        "Every number is computed from an append-only record, and anyone may compute it again.",
    ),
    "footer_how": ("如何核验", "How to check"),
    "time_zone": ("时间为北京时间（UTC+8）。", "Times are China's (UTC+8)."),
    "first_page": ("最新一页", "Newest"),
    "newer": ("较新", "Newer"),
    "older": ("较早", "Older"),
    "export": ("导出", "Export"),
    "apply": ("查询", "Show"),
    "all": ("全部", "All"),
    "home": ("首页", "Home"),
    # the policy
    "policy": ("访问规则", "Who may do what"),
    "policy_lead": (
        "本系统每个地址一行，列出可以进入的角色；没有列出的一律拒绝。程序按这张表执行，不另设规则。",
        "Every address of this system has a row with the roles that are let in; whatever is not listed is refused. The "
        "program keeps to this table and to no other.",
    ),
    "policy_json": ("供程序读取（JSON）", "For programs (JSON)"),
    "policy_address": ("地址", "Address"),
    "policy_within": ("社区一级人员可见", "Those of one community see"),
    "policy_anyone": ("任何人，无需登录", "anyone, without signing in"),
    # sign-in
    "sign_in": ("登录", "Sign in"),
    "sign_out": ("退出", "Sign out"),
    "signed_in": ("已登录：{role} · 街道 {log}", "Signed in: {role} · sub-district {log}"),
    "guest": ("演示数据（虚构），只读", "Sample data (invented), read only"),
    "account_name": ("账号", "Account"),
    "password": ("口令", "Password"),
    "sign_in_by": ("用{provider}登录", "Sign in by {provider}"),
    "sign_in_by_token": ("用令牌登录", "Sign in with a token"),
    "sign_in_lead": (
        "请粘贴办公室发给您的令牌。会话与令牌同时到期；令牌本身不保存在浏览器中。",
        "Paste the token that the office gave you. The session ends with it; the token itself is not kept here.",
    ),
    "token": ("令牌", "Token"),
    "token_hint": (
        "管理员可用 sanguan token 命令签发。",
        "An administrator issues one with the command sanguan token.",
    ),
    "token_bad": (
        "令牌无效或已过期，请核对后重试，或请管理员重新签发。",
        "The token is not valid, or has expired: check it, or ask for a new one.",
    ),
    "signed_in_on": ("已登录，正在继续……", "Signed in. Going on …"),
    "go_on": ("继续", "Continue"),
    "factor": ("第二因素", "Second factor"),
    "factor_lead": (
        "请输入动态验证器上显示的六位动态码。每个码只能用一次。",
        "Enter the six digits that your authenticator shows. Each code is good once.",
    ),
    "factor_new": (
        "此账号须有第二因素。请用动态验证器扫描下图，或手工输入密钥，再输入它显示的六位动态码。",
        "This account needs a second factor. Scan this with an authenticator, or type the key in, then enter its code.",
    ),
    "factor_picture": ("动态验证器的二维码", "QR code for an authenticator"),
    "factor_secret": ("密钥", "Key"),
    "factor_address": ("在本机的验证器中打开", "Open in an authenticator on this device"),
    "factor_code": ("动态码", "Code"),
    "factor_on": ("已设置。遗失的，请管理员重置。", "It is set up. Where it is lost, the administrator resets it."),
    "confirm": ("确认", "Confirm"),
    # one's own account
    "account": ("我的账号", "My account"),
    "account_by_token": (
        "本会话由令牌打开，与令牌同时到期。", "This session was opened with a token, and ends with it."
    ),
    "roles_held": ("角色与辖区", "Roles and places"),
    "roles_lead": (
        "新授予的角色在下次登录后可用。", "A role that was granted just now can be taken after the next sign-in."
    ),
    "role_at": ("{role} · {place}", "{role} · {place}"),
    "role_now": ("当前", "current"),
    "role_take": ("切换", "Take"),
    "own_sessions": ("登录的会话", "Sessions"),
    "session_this": ("本会话", "this one"),
    "session_since": (
        "{opened} 登录，最近使用 {seen}，最迟 {ends} 到期",
        "since {opened}, last used {seen}, ends by {ends}",
    ),
    "session_end": ("结束", "End"),
    "password_change": ("修改口令", "Change the password"),
    "password_lead": (
        "至少十二个字符，不能主要由账号名组成。修改后，其他会话随即结束。",
        "At least twelve characters, and not the account's name. All other sessions end.",
    ),
    "password_old": ("现在的口令", "The present one"),
    "password_new": ("新口令", "The new one"),
    # problems
    "problem_404": ("没有找到这个页面", "There is no such page"),
    "problem_403": ("您无权查看这个页面", "This page is not for your role"),
    "problem_503": ("请稍后再试", "Try again in a moment"),
    "problem_500": ("系统出错了", "Something went wrong here"),
    "problem_other": ("请求不能接受", "The request cannot be accepted"),
    "problem_code": ("代码", "Code"),
    "problem_field": ("字段", "Field"),
    "to_home": ("回到首页", "Go to the home page"),
    # the record
    "record": ("记录", "Record"),
    "record_lead": (
        "所有业务都只记为事件：按次序追加，从不修改或删除。台账和考核结果都由它算出。",
        "All work is kept as events, never changed or deleted. Ledgers and scores are computed from them.",
    ),
    "state": ("系统状态", "State of the system"),
    "events_recorded": ("已记录事件", "Events recorded"),
    "last_recorded": ("最近一条：{at}", "Last one: {at}"),
    "sealed_to": ("已签名封存", "Sealed and signed"),
    "sealed_at": ("最近签名：{at}", "Last signed: {at}"),
    "sealed_never": ("尚未签名", "Not signed yet"),
    "sealed_waiting": ("还有 {count} 条待封存", "{count} to be sealed"),
    "ledgers_to": ("台账已更新至", "Ledgers are up to"),
    "ledgers_current": ("全部台账与记录一致", "All ledgers hold the whole record"),
    "ledgers_behind": ("{count} 个台账正在追赶", "{count} ledgers are catching up"),
    "ledgers_halted": ("{count} 个台账已停止，请通知管理员", "{count} ledgers have stopped: tell the administrator"),
    "ledgers_parked": ("{count} 条事件被搁置，请通知管理员", "{count} events are parked: tell the administrator"),
    "reactions_refused": (
        "{count} 个自动步骤被拒绝，请通知管理员",
        "{count} automatic steps were refused: tell the administrator",
    ),
    "delivery": ("消息投递", "Delivery"),
    "delivery_stream": ("由 Redis 消息流唤醒", "Woken by the Redis stream"),
    "delivery_away": ("Redis 暂不可达，改为轮询记录", "Redis is away: polling the record"),
    "delivery_polling": ("未接 Redis，轮询记录", "No Redis: polling the record"),
    "of_events": ("{done} / {all}", "{done} of {all}"),
    "checkpoint": ("最近签名的检查点", "Last signed checkpoint"),
    "checkpoint_lead": (
        "请另行保存这段文字：日后用它可以证明记录没有被改动、抽走或截断。",
        "Keep a copy of this text elsewhere: it can later prove that nothing was altered, removed or cut off.",
    ),
    "checkpoint_none": (
        "还没有检查点：有了事件之后，系统会自动签名。",
        "There is no checkpoint yet: one is signed as soon as there are events.",
    ),
    "public_key": ("验证公钥", "Public key"),
    "latest_events": ("最近的事件", "Latest events"),
    "latest_lead": (
        "只列出事件的种类、位置和时间，不含任何个人信息。",
        "Kinds, positions and times only; nothing personal.",
    ),
    "no_events": ("记录还是空的", "The record is empty"),
    "no_events_lead": (
        "登记第一个社区、第一件案件，或导入一份台账之后，这里就会有内容。",
        "Register a community or a case, or import a ledger, and it will show here.",
    ),
    "col_position": ("位置", "Position"),
    "col_event": ("事件", "Event"),
    "col_who": ("记录者", "Recorded by"),
    "col_recorded": ("记录时间", "Recorded"),
    "proof": ("证明", "Proof"),
    "verify": ("如何核验", "How to check the record"),
    "verify_1": (
        "把上面的检查点和公钥另行保存（例如打印存档），日后与它比对。",
        "Keep the checkpoint and the public key above elsewhere (on paper, say), to compare with later.",
    ),
    "verify_2": (
        "由存储的每一个字节重算整棵树，并核对每个已签名的检查点；如有改动，会指出位置。",
        "Recompute the tree from every stored byte and check every signed checkpoint; what was altered is named.",
    ),
    "verify_3": (
        "由记录重算全部台账和已公布的考核结果，逐位比对。",
        "Recompute all ledgers and published scores from the record, and compare them digit by digit.",
    ),
    "verify_4": (
        "审计方也可用自己的程序读取记录、检查点和证明（RFC 9162）：",
        "An auditor's own program can read the record, its checkpoints and proofs (RFC 9162):",
    ),
    "proof_title": ("第 {position} 条事件的证明", "Proof of event {position}"),
    "proof_lead": (
        "下面的哈希值从这条事件一直连到已签名的根。任何一个字节被改动，都连不到同一个根。",
        "These hashes lead from the event to the signed root. With one byte altered they would lead to another root.",
    ),
    "proof_step": ("第 {number} 步", "Step {number}"),
    "proof_left": ("左邻", "left neighbour"),
    "proof_right": ("右邻", "right neighbour"),
    "proof_leaf": ("事件的哈希（叶）", "The event's hash (leaf)"),
    "proof_root": ("已签名的根（{size} 条事件）", "The signed root ({size} events)"),
    "proof_holds": ("核验通过：刚刚由存储的字节重新计算。", "It holds: just recomputed from the stored bytes."),
    "proof_fails": ("核验不通过！请立即通知审计员。", "It does not hold! Tell the auditor at once."),
    "proof_unsealed": (
        "这条事件刚刚记录，尚未封存；通常一两秒后即可核验。",
        "This event was recorded just now and is not sealed yet; it usually takes a second or two.",
    ),
    "proof_raw": ("机器可读的证明（JSON）", "The proof for programs (JSON)"),
}
