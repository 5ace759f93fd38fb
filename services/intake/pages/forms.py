"""What intake's forms are called, what each is for, and what their fields are called."""

from typing import Final

from shared.web.forms.wording import FormWords, ServiceForms

FORMS: Final = ServiceForms(
    commands={
        "report-case": FormWords(
            ("登记案件", "Report a case"),
            ("登记矛盾纠纷、信访积案或不稳定因素。", "A dispute, a petition backlog or an instability factor."),
        ),
        "take-over-case": FormWords(
            ("转录纸质台账", "Take a case over from paper"),
            (
                "照录纸质台账的一行，不添加原台账没有的办理。",
                "One row of a paper ledger, with no act that it does not tell.",
            ),
            {"tier": ("化解层级", "Settled at")},
        ),
        "accept-case": FormWords(
            ("受理", "Accept a case"), ("受理后开始计算办理期限。", "Its deadline runs from here.")
        ),
        "decline-case": FormWords(
            ("不予受理", "Decline a case"),
            ("说明理由，并告知救济途径。", "Say why, and tell the remedy."),
            {"reason": ("不予受理理由", "Why it is declined")},
        ),
        "hand-down-case": FormWords(
            ("列为交办积案", "Mark as handed down"),
            ("上级交办的信访积案。", "A petition backlog that a higher office handed down."),
        ),
        "link-case": FormWords(
            ("并案", "Link to another case"), ("与另一案件为同一事项的，并入该案。", "Where both are the same matter.")
        ),
        "reclassify-case": FormWords(
            ("改类", "Reclassify a case"),
            ("事项实属另一类别或类型。", "The matter turned out to be of another kind or type."),
        ),
        "refer-case": FormWords(
            ("移送", "Refer a case"), ("移送其他机关或单位办理。", "Another authority goes on with it.")
        ),
        "withdraw-case": FormWords(("撤回", "Withdraw a case"), ("申请人撤回申请。", "The applicant takes it back.")),
        "resolve-case": FormWords(
            ("化解", "Resolve a case"),
            (
                "纠纷已经化解。达成调解协议的自动登记，不必另填。",
                "It is settled. After an agreement in mediation this comes by itself.",
            ),
        ),
        "terminate-case": FormWords(
            ("终止调解", "Terminate a case"),
            (
                "未能化解而终止。经调解终止的自动登记，不必另填。",
                "It ended unsettled. After mediation this comes by itself.",
            ),
            {"reason": ("终止原因", "Why it ended")},
        ),
        "follow-up-case": FormWords(
            ("回访", "Follow a case up"),
            ("办结后向当事人了解情况。", "Ask the parties afterwards how it stands."),
            {"note": ("回访记录", "Note of the follow-up")},
        ),
        "close-case": FormWords(
            ("结案", "Close a case"), ("回访稳控后归档。", "The file is closed after the follow-up.")
        ),
        "reopen-case": FormWords(("重启", "Reopen a case"), ("已结案件重新办理。", "A closed case is taken up again.")),
        "escalate-case": FormWords(
            ("提级督办", "Escalate a case"),
            ("报上级督办，原办理不停。", "Those above are told; it goes on where it is."),
        ),
        "pause-clock": FormWords(
            ("中止计算期限", "Pause the clock"),
            ("依规定事由中止办理期限。", "The deadline's clock stands, for a reason."),
            {"reason": ("中止事由", "Why the clock stands")},
        ),
        "resume-clock": FormWords(
            ("恢复计算期限", "Resume the clock"),
            ("期限按中止的天数顺延。", "The deadline moves by the days of the pause."),
        ),
        "extend-deadline": FormWords(
            ("延长期限", "Extend the deadline"),
            ("到期前经批准延长，最多三十日。", "With leave, before it is over: thirty days at most."),
            {"days": ("延长天数", "Days")},
        ),
        "correct-case": FormWords(
            ("更正案件", "Correct a case"),
            (
                "只填需要更正的项目；原登记保留在记录中。",
                "Fill in only what is wrong; what was entered stays in the record.",
            ),
        ),
        "void-case": FormWords(
            ("案件作废", "Void a case"), ("误登的案件作废，不计入任何统计。", "A mistaken entry: it counts nowhere.")
        ),
        "retract-step": FormWords(
            ("撤销办理登记", "Retract a step"),
            ("误登的最后一步办理，予以撤销。", "The last step was recorded by mistake."),
        ),
        "amend-calendar": FormWords(
            ("登记放假安排", "Amend the calendar"),
            (
                "国务院公布的放假、调休日期，期限据此计算。",
                "Holidays and working days as announced; deadlines rest on them.",
            ),
            {"year": ("全年安排的年份", "Year, where the whole of it is announced")},
        ),
        "record-opinion": FormWords(
            ("登记民情意见", "Record an opinion"), ("只记意见内容，不记提出人。", "What was said, never by whom.")
        ),
        "answer-opinion": FormWords(
            ("答复意见", "Answer an opinion"),
            ("可再次答复，以最后一次为准。", "Answered again, the last answer stands."),
        ),
        "list-key-area": FormWords(
            ("挂牌整治重点地区", "List a key area"),
            ("列入整治的重点地区及期限。", "An area to be cleaned up, and by when."),
        ),
        "reinspect-key-area": FormWords(
            ("整治验收", "Reinspect a key area"), ("对挂牌地区的验收，可多次。", "As often as needed.")
        ),
        "inspect-venue": FormWords(
            ("场所检查", "Inspect a venue"), ("对场所和特种行业的检查。", "Of venues and special trades.")
        ),
        "report-hazard": FormWords(
            ("登记隐患", "Report a hazard"),
            ("发现的安全隐患、责任单位和整改期限。", "What was found, whose it is, and until when."),
        ),
        "clear-hazard": FormWords(("隐患消除", "Clear a hazard"), ("经复查已经消除。", "Checked, and gone.")),
        "report-major-fire": FormWords(
            ("登记重特大火灾", "Report a major fire"), ("火灾等级、伤亡和损失。", "Its grade, casualties and loss.")
        ),
        "void-finding": FormWords(
            ("登记作废", "Void an entry"),
            ("误登的作废，按实际日期重新登记。", "Enter the matter anew with its true days."),
        ),
    },
    groups={
        "case": ("案件", "case"),
        "calendar": ("工作日历", "working calendar"),
        "finding": ("民情、隐患与重点地区", "finding"),
    },
    fields={
        "taken_on": ("已受理", "Taken on"),
        "handed_down": ("上级交办", "Handed down"),
        "handed_down_by": ("交办单位", "Handed down by"),
        "ended_on": ("办结日", "Ended on"),
        "referred_to": ("移送至", "Referred to"),
        "referred_outside": ("移送至街道以外", "Referred outside"),
        "undone": ("此前作废次数", "Times voided before"),
        "remedy": ("告知的救济途径", "Remedy told"),
        "duplicate_of": ("另一案件编号", "Id of the other case"),
        "to_unit": ("移送至", "To which authority"),
        "to": ("提级至", "Escalated to"),
        "approved_by": ("批准人职务", "Approved by, by office"),
        "note": ("说明", "Note"),
        "reported_on": ("登记日", "Reported on"),
        "resolved_on": ("化解日", "Resolved on"),
        "step": ("所撤的办理", "Step that is taken back"),
        "off": ("放假日", "Days off"),
        "worked": ("调休上班日", "Days worked"),
        "withdrawn": ("误登的日期", "Days that were entered by mistake"),
        "withdrawn_year": ("误登的年份", "Year that was entered by mistake"),
    },
    shown={"case": "/cases/{id}", "handling": "/cases/{id}"},
)
