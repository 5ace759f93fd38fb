"""What privacy's forms are called, what each is for, and what their fields are called."""

from typing import Final

from shared.web.forms.wording import FormWords, ServiceForms

FORMS: Final = ServiceForms(
    commands={
        "place-restriction": FormWords(
            ("限制处理", "Restrict data"),
            ("个人信息只保存，不再使用。", "Personal data are kept, and used no longer."),
            {"request": ("本人请求编号", "Id of the person's request")},
        ),
        "lift-restriction": FormWords(
            ("解除限制", "Lift a restriction"),
            ("可再使用；已提请的删除随之撤销。", "They may be used again; a proposed erasure falls."),
        ),
        "propose-erasure": FormWords(
            ("提请删除", "Propose an erasure"),
            (
                "期限届满且已限制处理满三十日，由另一人批准。",
                "Kept long enough, restricted for thirty days; another person approves.",
            ),
            {"request": ("本人请求编号", "Id of the person's request")},
        ),
        "approve-erasure": FormWords(
            ("批准删除", "Approve an erasure"),
            ("密钥立即销毁，不可恢复。", "The keys are destroyed at once, for ever."),
        ),
        "refuse-erasure": FormWords(
            ("不同意删除", "Refuse an erasure"), ("或撤回本人的提请。", "Or withdraw one's own proposal.")
        ),
        "hold-erasure": FormWords(
            ("暂缓删除", "Hold erasure"), ("诉讼、调查等期间不得删除。", "A legal hold: nothing is erased.")
        ),
        "release-erasure-hold": FormWords(("解除暂缓", "Release a hold"), ("不再暂缓删除。", "The legal hold ends.")),
        "ask-unmasking": FormWords(
            ("申请解封", "Ask for an unmasking"),
            ("查阅非本人经办的密封信息，由另一人决定。", "Of what is not in your hands; another person decides."),
        ),
        "grant-unmasking": FormWords(
            ("准予解封", "Grant an unmasking"),
            ("准予他人在若干小时内查阅。", "Another person may open it, for some hours."),
            {"hours": ("小时数", "Hours")},
        ),
        "refuse-unmasking": FormWords(("不予解封", "Refuse an unmasking"), ("不准予查阅。", "It is not opened.")),
        "end-unmasking": FormWords(
            ("终止解封", "End an unmasking"), ("提前终止，或撤回申请。", "Before its time, or withdraw what was asked.")
        ),
        "break-glass": FormWords(
            ("紧急查阅", "Break the glass"),
            ("紧急情况下立即查阅一小时，事后复核。", "At once, for an hour; looked at afterwards."),
        ),
        "review-glass": FormWords(
            ("复核紧急查阅", "Review a broken glass"), ("紧急查阅是否有充分理由。", "Whether it was justified.")
        ),
        "receive-person-request": FormWords(
            ("登记本人请求", "Receive a person's request"),
            ("个人对本人信息的请求。", "What a person asks about their own data."),
        ),
        "answer-person-request": FormWords(
            ("答复本人请求", "Answer a person's request"), ("如何答复及理由。", "How, and why.")
        ),
    },
    groups={
        "subject": ("个人信息主体", "subject"),
        "unmasking": ("解封", "unmasking"),
        "request": ("本人请求", "person's request"),
    },
    fields={
        "subject": ("主体（如 case/编号）", "Subject, such as case/id"),
        "case": ("主体（如 case/编号）", "Subject, such as case/id"),
        "because": ("理由", "Reason"),
    },
)
