"""What assessment's forms are called, what each is for, and what their fields are called."""

from typing import Final

from shared.web.forms.wording import FormWords, ServiceForms

_OF_PLANS: Final = {
    "author": ("录入单位", "Entered by"),
    "plan/terms": ("后续期限", "Terms"),
    "plan/cadences/meeting": ("会议", "Meeting"),
}

FORMS: Final = ServiceForms(
    commands={
        "adopt-plan": FormWords(
            ("印发方案", "Adopt a plan"),
            (
                "方案全文。篇幅较长，宜用 sanguan plan adopt 导入文件。",
                "Its whole text. A long one is better adopted from a file: sanguan plan adopt.",
            ),
            _OF_PLANS,
        ),
        "amend-plan": FormWords(
            ("调整方案", "Amend a plan"),
            (
                "调整后的方案全文及理由。宜用 sanguan plan adopt 导入文件。",
                "The whole text as it is to stand, and why; better from a file.",
            ),
            _OF_PLANS,
        ),
        "adopt-rulebook": FormWords(
            ("施行考核办法", "Adopt a rulebook"),
            (
                "考核办法全文。宜用 sanguan rulebook adopt 导入文件。",
                "Its whole text; better from a file: sanguan rulebook adopt.",
            ),
        ),
        "publish-scores": FormWords(
            ("公布考核结果", "Publish scores"),
            (
                "对全部社区计分并公布；再次公布即更正有变动的。",
                "Of all communities; asked again, it restates what has changed.",
            ),
            {
                "plan": ("方案代码", "Code of the plan"),
                "rulebook": ("考核办法代码", "Code of the rulebook"),
            },
        ),
        "constitute-leading-group": FormWords(
            ("成立领导小组", "Constitute the leading group"),
            ("成员及办公室所在。", "Its members, and where its office sits."),
        ),
        "assign-portfolio": FormWords(("分工", "Assign a portfolio"), ("由谁负责哪项工作。", "Who sees to what.")),
        "conclude-survey": FormWords(("问卷调查", "Conclude a survey"), ("只填数字。", "Numbers only.")),
        "record-public-review": FormWords(
            ("群众评议", "Record a public review"),
            ("评议票数。", "The votes."),
            {"meeting": ("会议编号", "Meeting's id")},
        ),
        "appeal-score": FormWords(
            ("提出申诉", "Appeal a score"), ("对已公布的考核结果申诉。", "Against a published score.")
        ),
        "hear-appeal": FormWords(
            ("听取申诉", "Hear an appeal"), ("听取单位及双方陈述。", "Who heard it, and what both sides said.")
        ),
        "decide-appeal": FormWords(
            ("答复申诉", "Decide an appeal"),
            ("结论、理由及不计的对象。", "The finding, its reasons, and what the score leaves out."),
        ),
        "add-archive-entry": FormWords(
            ("实绩档案登记", "Add to an archive"), ("事实，不是评分。", "A fact, never a score.")
        ),
        "record-archive-reply": FormWords(
            ("本人意见", "Reply to an archive"), ("本人对档案登记的意见。", "The officer's own word.")
        ),
        "file-archive": FormWords(("档案报备", "File an archive entry"), ("报上级备案。", "Filed upward.")),
        "answer-flag": FormWords(
            ("说明疑点", "Answer a flag"),
            ("说明疑点的缘由。", "What is behind it."),
            {"flag": ("疑点代码", "Code of the flag")},
        ),
        "conduct-inspection": FormWords(
            ("督导检查", "Conduct an inspection"), ("检查内容和问题数。", "What was looked at, and faults.")
        ),
        "order-rectification": FormWords(
            ("责令整改", "Order rectification"),
            ("整改要求和期限。", "What is to be put right, and until when."),
            {"inspection": ("检查编号", "Inspection's id")},
        ),
        "complete-rectification": FormWords(
            ("整改完成", "Complete rectification"), ("复查结果。", "It was looked at again.")
        ),
        "issue-circular": FormWords(
            ("通报", "Issue a circular"),
            ("通报文号、标题和所涉社区。", "Its number, title and communities."),
            {"circular": ("通报类别", "Kind")},
        ),
        "file-community-plan": FormWords(
            ("社区方案", "File a community's plan"), ("社区自己的方案。", "The community's own.")
        ),
        "submit-summary": FormWords(("活动总结", "Submit a summary"), ("社区的活动总结。", "The community's.")),
        "award-commendation": FormWords(
            ("表彰", "Award a commendation"),
            ("表彰社区、单位或个人。", "To a community, a unit or an officer."),
            {"subject": ("表彰对象编号", "Code or id of who is commended")},
        ),
        "report-youth-offence-rate": FormWords(
            ("青少年违法犯罪率", "Report the youth offence rate"),
            ("公安机关提供的汇总数字。", "The police's aggregate figure."),
            {"by_unit": ("提供单位", "Reported by")},
        ),
        "allocate-funds": FormWords(
            ("经费保障", "Allocate funds"), ("拨付的经费，以分计。", "In fen."), {"purpose": ("用途", "Purpose")}
        ),
        "recommend-model-case": FormWords(
            ("推荐典型案例", "Recommend a model case"), ("可推广的案例或做法。", "A case or way of working.")
        ),
        "void-supervision": FormWords(
            ("登记作废", "Void an entry"),
            ("误登的作废，按实际日期重新登记。", "Enter the matter anew with its true days."),
        ),
    },
    groups={
        "plan": ("方案", "plan"),
        "rulebook": ("考核办法", "rulebook"),
        "score": ("考核结果", "score"),
        "supervision": ("督查与考核登记", "supervision entry"),
    },
    fields={
        "officer": ("三官一师编号", "Officer's id"),
        "case": ("案件编号", "Id of the case"),
    },
)
