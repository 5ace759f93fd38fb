"""What assignment's forms are called, what each is for, and what their fields are called."""

from typing import Final

from shared.web.forms.wording import FormWords, ServiceForms

_OF_PLACES: Final = {"name": ("社区名称", "Community's name")}

FORMS: Final = ServiceForms(
    commands={
        "declare-synthetic": FormWords(
            ("合成数据声明", "Declare the data invented"),
            (
                "声明本日志全部内容均为虚构，须在首次登记之前。",
                "Everything in this log will be invented; only before the first entry.",
            ),
        ),
        "register-community": FormWords(
            ("登记社区", "Register a community"),
            ("街道所辖的社区或村。", "A community or village of the sub-district."),
            _OF_PLACES,
        ),
        "correct-community": FormWords(
            ("更正社区", "Correct a community"), ("只填需要更正的项目。", "Fill in only what is to change."), _OF_PLACES
        ),
        "void-community": FormWords(
            ("社区作废", "Void a community"), ("误登且尚无人派驻的社区。", "Entered by mistake, and nobody serves it.")
        ),
        "open-studio": FormWords(("启用工作室", "Open a studio"), ("社区三官一师工作室。", "The community's studio.")),
        "close-studio": FormWords(("停用工作室", "Close a studio"), ("工作室不再使用。", "It is used no more.")),
        "issue-contact-cards": FormWords(
            ("发放便民联系卡", "Issue contact cards"),
            ("本次发放的户数。", "To how many households, this time."),
            {"households": ("发放户数", "Households")},
        ),
        "retract-community-work": FormWords(
            ("撤销社区工作登记", "Retract community work"),
            ("误登的工作室启用、停用或发卡。", "An opening, a closing or cards that were recorded by mistake."),
            {"households": ("误登户数", "Households")},
        ),
        "enrol-officer": FormWords(
            ("三官一师入册", "Enrol an officer"),
            ("法官、检察官、警官或律师。", "A judge, prosecutor, police officer or lawyer."),
        ),
        "correct-officer": FormWords(
            ("更正人员信息", "Correct an officer"), ("只填需要更正的项目。", "Fill in only what is to change.")
        ),
        "void-officer": FormWords(
            ("入册作废", "Void an enrolment"), ("误登且未派驻的人员。", "Enrolled by mistake, and posted nowhere.")
        ),
        "post-officer": FormWords(
            ("派驻", "Post an officer"), ("派驻社区及起始日。", "To a community, from a day on.")
        ),
        "set-visit-times": FormWords(
            ("下社区时间", "Set the visiting times"), ("何时到社区。", "When the officer comes to the community.")
        ),
        "end-posting": FormWords(("结束派驻", "End a posting"), ("最后一日及原因。", "Its last day, and why.")),
        "retract-posting-end": FormWords(
            ("撤销结束派驻", "Retract a posting's end"), ("结束派驻属误登。", "The end was recorded by mistake.")
        ),
        "void-posting": FormWords(
            ("派驻作废", "Void a posting"),
            ("误登的派驻；已结束的先撤销结束。", "Take its end back first where it has one."),
        ),
        "record-leave": FormWords(
            ("请假与顶岗", "Record a leave"),
            ("人员离岗期间及顶岗人员。", "From when until when, and who comes instead."),
            {"cover": ("顶岗人员编号", "Id of who comes instead")},
        ),
        "end-leave": FormWords(
            ("销假", "End a leave"),
            ("实际销假日；未休的填首日的前一日。", "Its real last day; the day before the first if it was not taken."),
        ),
        "assign-handler": FormWords(
            ("确定承办人", "Assign a handler"), ("由谁承办案件。", "Who answers for the case.")
        ),
        "replace-handler": FormWords(
            ("更换承办人", "Replace the handler"), ("改由谁承办及理由。", "Who takes it, and why.")
        ),
        "declare-conflict": FormWords(
            ("回避", "Declare a conflict"), ("应当回避的人员。", "An officer's conflict of interest.")
        ),
        "plan-visit": FormWords(
            ("计划走访", "Plan a visit"),
            ("计划何时由谁走访。", "Who goes, and when."),
            {"on": ("计划日期", "On which day"), "visit": ("走访编号（可自定）", "Visit's id, if you choose one")},
        ),
        "complete-visit": FormWords(
            ("走访完成", "Complete a visit"), ("已走访，可写民情日记。", "It took place; the diary of what was heard.")
        ),
        "decline-visit": FormWords(
            ("对方谢绝走访", "Visit declined"), ("住户谢绝走访及原因。", "The household declined, as it may.")
        ),
        "record-consent": FormWords(
            ("同意调解", "Record a consent"), ("当事人同意调解。", "A party agrees to mediation.")
        ),
        "withdraw-consent": FormWords(
            ("撤回同意", "Withdraw a consent"), ("当事人不再同意调解。", "A party no longer agrees.")
        ),
        "hold-mediation": FormWords(
            ("调解", "Record a mediation"), ("一次调解的地点、人员和记录。", "Where, by whom, and its record.")
        ),
        "reach-agreement": FormWords(
            ("达成协议", "Reach an agreement"),
            ("达成调解协议，案件随之化解。", "The parties agreed; the case is resolved by it."),
        ),
        "terminate-mediation": FormWords(
            ("终止调解", "Terminate mediation"),
            ("未达成协议，案件随之终止。", "Without an agreement; the case is terminated by it."),
            {"reason": ("终止原因", "Why it ended")},
        ),
        "check-performance": FormWords(
            ("履行回访", "Check performance"),
            ("协议是否履行，可多次。", "Whether the agreement is kept; as often as needed."),
        ),
        "offer-judicial-confirmation": FormWords(
            ("告知司法确认", "Offer judicial confirmation"),
            ("协议生效后三十日内可申请。", "The parties may ask a court within thirty days."),
        ),
        "record-judicial-confirmation": FormWords(
            ("司法确认结果", "Record judicial confirmation"), ("法院确认的结果。", "What came of it.")
        ),
        "sign-responsibility-letter": FormWords(
            ("签订包案责任书", "Sign a responsibility letter"),
            ("交办案件的包案稳控责任书。", "For a handed-down case."),
        ),
        "complete-handover": FormWords(
            ("案件移交", "Complete a handover"), ("移交给在岗人员。", "To an officer who is posted here.")
        ),
        "retract-work": FormWords(
            ("撤销办理登记", "Retract work"),
            ("误登的走访、同意、调解等。", "A visit, a consent, a session that was recorded by mistake."),
        ),
        "convene-meeting": FormWords(
            ("登记会议", "Record a meeting"),
            ("例会、联席会议、述职评议等。", "Monthly, joint, debriefing, mobilisation."),
        ),
        "submit-minutes": FormWords(("报送会议纪要", "Submit minutes"), ("议定事项逐条填写。", "One decision a line.")),
        "void-meeting": FormWords(
            ("会议作废", "Void a meeting"), ("误登的会议及其纪要作废。", "Entered by mistake, with its minutes.")
        ),
        "post-notice": FormWords(
            ("公示", "Post a notice"), ("公示三官一师信息。", "Who serves the community, and how to reach them.")
        ),
        "revise-notice": FormWords(("公示更新", "Revise a notice"), ("更新公示内容。", "Bring it up to date.")),
        "adopt-procedure": FormWords(
            ("建章立制", "Adopt a procedure"),
            ("社区建立的工作制度。", "A rule of work that the community adopted."),
            {"title": ("制度名称", "Name")},
        ),
        "form-patrol-team": FormWords(
            ("组建巡防队伍", "Form a patrol team"), ("队伍类别和人数。", "Its kind and strength.")
        ),
        "complete-patrol": FormWords(("登记巡逻", "Record a patrol"), ("一次巡逻。", "One patrol.")),
        "hold-training": FormWords(("调解员培训", "Record a training"), ("一次培训。", "Of mediators.")),
        "complete-coached-case": FormWords(
            ("传帮带", "Record a coached case"), ("以案带教调解员。", "A case by which mediators learned.")
        ),
        "hold-outreach": FormWords(("普法宣传", "Record outreach"), ("一次普法活动。", "Law taught to the public.")),
        "give-legal-advice": FormWords(
            ("法律咨询", "Record legal advice"), ("解答件数，不记个人。", "How many were answered, never who.")
        ),
        "grant-legal-aid": FormWords(
            ("法律援助", "Record legal aid"),
            ("援助件数，不记个人。", "How many matters, never whose."),
            {"by_unit": ("援助机构", "Granted by")},
        ),
        "provide-support": FormWords(
            ("服务帮扶", "Record support"), ("各类服务的数量，不记个人。", "Counts of services, never a person.")
        ),
        "settle-issue": FormWords(
            ("解决问题", "Record a settled issue"), ("联席会议解决的实际问题。", "What a joint conference settled.")
        ),
        "appoint-leader": FormWords(
            ("领导包抓", "Appoint a leader"), ("包抓社区的领导。", "Who answers for the community.")
        ),
        "relieve-leader": FormWords(
            ("不再包抓", "Relieve a leader"), ("领导不再包抓。", "They answer for it no longer.")
        ),
        "complete-leader-visit": FormWords(("领导下社区", "Record a leader's visit"), ("一次下社区。", "One visit.")),
        "establish-enterprise-security": FormWords(
            ("企业内保", "Enter an enterprise's security"),
            ("企业的内部保卫机构。", "An enterprise's own security body."),
        ),
        "enrol-helper": FormWords(("五员入册", "Enrol a helper"), ("五员之一。", "One of the five kinds.")),
        "release-helper": FormWords(("五员离任", "Release a helper"), ("离任及原因。", "They left, and why.")),
        "designate-safe-unit": FormWords(
            ("平安创建", "Designate a safe unit"),
            ("获认定的平安单位。", "A unit that was recognised as safe."),
            {"title": ("单位名称", "Name"), "by_unit": ("认定单位", "Recognised by")},
        ),
        "form-working-body": FormWords(
            ("工作机构", "Form a working body"),
            ("社区成立的工作机构。", "The community's own."),
            {"title": ("机构名称", "Name")},
        ),
        "void-work": FormWords(
            ("登记作废", "Void an entry"),
            ("误登的作废，按实际日期重新登记。", "Enter the matter anew with its true days."),
        ),
    },
    groups={
        "directory": ("社区名录", "directory"),
        "community": ("社区", "community"),
        "officer": ("三官一师", "officer"),
        "roster": ("派驻名册", "roster"),
        "handling": ("案件办理", "case"),
        "meeting": ("会议", "meeting"),
        "work": ("工作登记", "work entry"),
    },
    fields={
        "act": ("所撤事项", "What is taken back"),
        "item": ("具体事项编号", "Which one, by its id"),
        "household_class": ("必访类别", "Class of household"),
        "party": ("当事人序号", "Number of the party"),
        "officers": ("参加人员编号", "Ids of the officers"),
        "officer": ("三官一师编号", "Officer's id"),
        "visit": ("走访编号", "Visit's id"),
        "case": ("案件编号", "Id of the case"),
        "meeting": ("会议编号", "Meeting's id"),
        "record": ("调解记录", "Record"),
        "person": ("签订人", "Who signed"),
        "note": ("说明", "Note"),
        "code": ("区划代码", "Division code"),
        "name": ("姓名", "Name"),
    },
)
