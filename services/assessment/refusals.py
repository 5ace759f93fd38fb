"""What assessment refuses, in Chinese and English: what is wrong, and what to do."""

from collections.abc import Mapping

REFUSALS: Mapping[str, tuple[str, str]] = {
    "other_code": (
        "正文代码{item}与所在记录不符；请使用同一代码。",
        "The text's code {item} is not that of this record; use the same code.",
    ),
    "plan_adopted": (
        "该方案已印发（第{version}版）；如需改动请提交方案调整。",
        "This plan is in force (version {version}); amend it instead.",
    ),
    "plan_not_adopted": ("方案{item}尚未印发，不能调整。", "The plan {item} is not in force yet; adopt it first."),
    "nothing_changed": (
        "内容与现行第{version}版相同，无需再次提交。",
        "This is the same as version {version}, which is in force.",
    ),
    "no_phases": ("方案至少应有一个阶段。", "A plan needs at least one phase."),
    "repeated_code": ("代码{item}重复；每项应有不同代码。", "The code {item} is used twice; give each item its own."),
    "phase_backwards": ("阶段{phase}的结束日早于开始日。", "Phase {phase} ends before it begins."),
    "unknown_reference": (
        "{item}引用了不存在的{names}。",
        "{item} refers to {names}, which the plan does not have.",
    ),
    "oddity_not_flagged": (
        "{names}：{what}。请照原文保留，并在疑点（anomalies）中写明（{how}）。",
        "{names}: {what}. Keep it as issued, and say so among the anomalies ({how}).",
    ),
    "no_indicators": ("考核办法至少应有一项指标。", "A rulebook needs at least one indicator."),
    "denominator_unfit": (
        "指标{indicator}：数量类不得有分母，其他类别必须有分母。",
        "Indicator {indicator}: a count has no denominator, and every other kind has one.",
    ),
    "target_unfit": (
        "指标{indicator}的目标与类别不符：零发生为0，数量类为空且无剔除，其余大于0且不超过1。",
        "Indicator {indicator}: the target is 0 for zero_incident, none for a count (which excludes nothing), "
        "else above 0 and at most 1.",
    ),
    "unknown_evidence": (
        "指标{indicator}引用了不存在的考核依据{names}；可用的表和字段见考核办法说明。",
        "Indicator {indicator} names {names}, which is no table or fit field of the evidence.",
    ),
    "filter_unfit": (
        "指标{indicator}：字段{names}不能用条件{op}，或其取值不合。",
        "Indicator {indicator}: the field {names} cannot be asked {op} with these values.",
    ),
    "value_unfit": (
        "指标{indicator}：字段{names}不会是“{value}”，应为：{fitting}。",
        "Indicator {indicator}: {names} is never “{value}”; it may be: {fitting}.",
    ),
    "measures_unfit": (
        "指标{indicator}：只有比率类指标能对应方案目标，且一项目标只由一项指标衡量。",
        "Indicator {indicator}: what measures a target of the plan comes to a share, and no other measures it too.",
    ),
    "flag_unfit": (
        "疑点规则 {item} 不合：比例应大于 0 且不超过 1；月末集中办结、办结后又重开、集中补录须写明天数（days），"
        "其他类别不得写。",
        "The flag {item} is unfit: its share lies above 0 and at most at 1; month_end, reopened and backdated need "
        "days, and the other kinds have none.",
    ),
    "no_such_flag": (
        "该社区{month}没有提示疑点 {item}：请按疑点页面所列填写。",
        "No flag {item} is raised for the community in {month}: take it from the page of flags.",
    ),
    "unknown_plan": (
        "没有现行的方案{item}：请填写方案代码，例如 dongfeng-2015-28。",
        "There is no plan {item} in force: write the code of one that is, like dongfeng-2015-28.",
    ),
    "unknown_rulebook": (
        "没有现行的考核办法{item}：请填写办法代码，例如 default。",
        "There is no rulebook {item} in force: write the code of one that is, like default.",
    ),
    "unknown_version": ("没有{item}这一版；现有：{there}。", "There is no version {item}; there are: {there}."),
    "unknown_phase": (
        "方案没有阶段{item}：请填写阶段代码，例如 2。",
        "The plan has no phase {item}: write the code of one that it has, like 2.",
    ),
    "unknown_officer": (
        "没有这名人员：请填写其化名，例如 police-1。",
        "No such officer is enrolled: write the pseudonym, like police-1.",
    ),
    "unknown_case": (
        "没有这个已交办的案件：请核对案件编号。",
        "No such case was handed down: check its id.",
    ),
    "did_the_work": (
        "您参与过所考核的走访、调解或办理：请由未参与办理的人员公布考核结果。",
        "You did some of the work that is scored: somebody who had no part in it publishes the scores.",
    ),
    "unknown_score": (
        "该社区没有这一考核结果：请填写其编号，例如 month-2015-06.2015-07-20.410105010001。",
        "The institution has no such score: write its id, like month-2015-06.2015-07-20.410105010001.",
    ),
    "no_plan": ("还没有印发任何方案：请先印发方案。", "No plan is in force yet: adopt one first."),
    "no_rulebook": ("还没有施行任何考核办法：请先施行办法。", "No rulebook is in force yet: adopt one first."),
    "same_rules": (
        "两边的方案和考核办法相同，无从比较：请另选一边，例如 default@2。",
        "Both sides have the same plan and the same rulebook, so that nothing can differ: name another for one side, "
        "like default@2.",
    ),
    "too_far_ahead": ("最远可查到{last_day}。", "One can look ahead to {last_day}, and no further."),
    "ends_before_it_begins": (
        "结束日期早于开始日期（{from_day}）：请核对。",
        "It would end before it begins ({from_day}): check the days.",
    ),
    "unknown_period": (
        "周期名称{period}不合{kind}的写法；例：阶段2、2015-06、2015-Q3、2015、2015-06-11_2015-07-31。",
        "{period} names no period of the kind {kind}; for example 2, 2015-06, 2015-Q3, 2015, 2015-06-11_2015-07-31.",
    ),
    "as_of_in_future": (
        "考核截止日{as_of}尚未到来，不能公布。",
        "The as-of day {as_of} has not come yet; nothing can be published for it.",
    ),
    "period_not_begun": (
        "考核周期自{from_day}开始，截止日不能早于该日。",
        "The period begins on {from_day}; the as-of day cannot lie before it.",
    ),
    "no_communities": (
        "截至{to_day}没有已登记的社区，无从考核；请先登记社区及其参加日期。",
        "By {to_day} no community was in the programme; register the communities, with the day they joined.",
    ),
    "unknown_community": (
        "没有登记过这个社区：请填写已登记社区的十二位代码，例如 410105010001。",
        "No such community is registered: give the twelve-digit code of one that is, like 410105010001.",
    ),
    "no_head": ("领导小组没有组长：请填写。", "The leading group has no head: name one."),
    "numbers_do_not_fit": (
        "人数不合：部分不能多于总数，请核对。",
        "The numbers do not fit: a part cannot be larger than the whole.",
    ),
    "no_votes": ("没有任何评议票：请核对。", "No vote is counted: check the numbers."),
    "standing_with_phases": (
        "既有起始日期（常设方案）又有阶段（专项活动）：请只保留一种。",
        "A plan is a standing one (since) or a campaign (phases), not both: keep one.",
    ),
    "ends_before_since": (
        "常设方案的截止日期没有起始日期，或早于起始日期：请核对。",
        "The plan ends before it begins, or has an end without a beginning: check since and until.",
    ),
    "share_unfit": (
        "目标 {item} 大于 1（100 %）：请核对小数点。",
        "The target {item} is above 1 (100 %): check the decimal point.",
    ),
    "term_without_length": (
        "时限 {item} 应写明天数（days）或工作日数（working_days），且只写一种。",
        "The term {item} needs days or working_days, just one of them.",
    ),
    "publishing_unfit": (
        "公布安排 {item} 不能按“{kind}”公布：任意起止日期没有固定的公布日，常设方案没有阶段；请改为月度、季度或年度。",
        "The schedule {item} cannot publish by {kind}: any two days have no day of their own, and a standing plan has "
        "no phases; choose month, quarter or year.",
    ),
    "appeal_too_late": (
        "申诉期限已过（截至{last_day}；结果更正后，只可就所更正的指标再行申诉）：如有差错，请在原台账中更正，结果会随之更正。",
        "The time for appeals is over (it ended on {last_day}; a restatement may be appealed against indicator by "
        "indicator, in those that it changed); what was recorded wrong is corrected at its source, and the score "
        "follows.",
    ),
    "before_published": (
        "申诉日期早于结果公布之日（{published_on}）：请核对日期。",
        "The appeal is dated before the scores were published ({published_on}): check the day.",
    ),
    "month_not_over": (
        "{month}月份尚未结束时不能说明该月疑点：请核对日期。",
        "A flag of {month} is answered when the month is over: check the day.",
    ),
    "scored_it": (
        "参与公布或更正该结果的人员应当回避：请由其他人员听取和答复申诉。",
        "Whoever published or restated the score stands aside: let somebody else hear and decide the appeal.",
    ),
    "lodged_it": (
        "提出申诉的人员应当回避：请由其他人员听取和答复申诉。",
        "Whoever lodged the appeal stands aside: let somebody else hear and decide it.",
    ),
    "nothing_to_excuse": (
        "没有可剔除的：申诉不成立的不得剔除；对社区有利的（如已化解的），剔除后结果只会更低。",
        "There is nothing to leave out: a dismissed appeal leaves out nothing, and without what counts for the "
        "community (a case that was resolved) its result would only be lower.",
    ),
    "not_appealed_against": (
        "该申诉针对其他指标，不能从指标{indicator}中剔除：请另行申诉。",
        "The appeal is against another indicator: to leave something out of {indicator} takes an appeal of its own.",
    ),
    "not_excusable": (
        "零发生指标{indicator}不能剔除{member}：发生与否是事实；登记有误的请在原台账中更正。",
        "{member} cannot be left out of {indicator}: what happened has happened; what was recorded wrong is corrected "
        "at its source.",
    ),
    "unknown_member": (
        "{member} 不在该社区指标{indicator}的分母之中：请按得分说明填写。",
        "{member} is not in the community's denominator of {indicator}: take it from the score's explanation.",
    ),
    "nothing_before": (
        "此前没有同类周期的考核结果可比；请在 before 中指明要比较的结果。",
        "There is no earlier score of such a period to compare with; name one in `before`.",
    ),
    "unknown_publication": (
        "没有这次公布的考核结果：请填写公布编号，例如 month-2015-06.2015-07-20。",
        "No such scores were published: write the publication's id, like month-2015-06.2015-07-20.",
    ),
    "unknown_indicator": ("该次考核没有这项指标：请核对。", "That score has no such indicator: check its code."),
    "unknown_inspection": (
        "没有对该社区的这次检查：请先登记检查。",
        "There was no such inspection of this community: enter it first.",
    ),
    "due_in_the_past": (
        "整改期限（{due_on}）早于下达日期（{day}）：请核对。",
        "It would be due ({due_on}) before it was ordered ({day}): check the day.",
    ),
    "not_your_archive": (
        "只能对本人的实绩档案发表意见：请核对档案编号，或请办公室代录。",
        "Officers reply to their own archive only: check its id, or ask the office to enter the reply.",
    ),
    "archive_of_another": (
        "实绩档案只供本人、办公室和审计查阅：请查阅本人的档案。",
        "An archive is read by its officer, the office and auditors: ask for your own.",
    ),
    "too_few_to_tell": (
        "青少年人数不足 {least} 人的不予登记：比率会指向个人。",
        "Where there are fewer than {least} young people no rate is entered: it would point at persons.",
    ),
    "not_a_year": (
        "所属期间应为已到的年份，如 2015：请填写数字所属的年份。",
        "The period is the year that the figure tells of, such as 2015, and none to come: give that.",
    ),
    "published_under_another_plan": (
        "该周期、该截止日的考核结果已按方案{item}公布；按另一方案考核的，请用另一截止日。",
        "Scores of this period and as-of day were published under the plan {item}; under another plan, take another "
        "as-of day.",
    ),
    "published_under_another_rulebook": (
        "该周期、该截止日的考核结果已按考核办法{item}公布；按另一办法考核的，请用另一截止日。",
        "Scores of this period and as-of day were published under the rulebook {item}; under another rulebook, take "
        "another as-of day.",
    ),
    "kept_for_plan": (
        "该周期、该截止日的考核结果由方案{item}按考核办法{rulebook}的现行版本公布；按其他办法考核的，请用另一截止日。",
        "The plan {item} publishes this period on this as-of day, by the rulebook {rulebook} as it stands; by another "
        "rulebook, take another as-of day.",
    ),
    "not_ranked": (
        "该考核办法不排名。",
        "The rulebook of these scores puts nobody in an order.",
    ),
    "scores_unchanged": (
        "{period}的考核结果自上次公布以来没有变化。",
        "No score of {period} has changed since it was last published.",
    ),
}

STATUSES: Mapping[str, int] = {
    "other_code": 422,
    "no_phases": 422,
    "standing_with_phases": 422,
    "ends_before_since": 422,
    "share_unfit": 422,
    "term_without_length": 422,
    "repeated_code": 422,
    "phase_backwards": 422,
    "unknown_reference": 422,
    "oddity_not_flagged": 422,
    "no_indicators": 422,
    "denominator_unfit": 422,
    "target_unfit": 422,
    "unknown_evidence": 422,
    "filter_unfit": 422,
    "value_unfit": 422,
    "measures_unfit": 422,
    "unknown_plan": 422,
    "unknown_rulebook": 422,
    "unknown_version": 422,
    "unknown_phase": 422,
    "unknown_officer": 422,
    "unknown_case": 404,
    "unknown_score": 422,
    "no_plan": 404,
    "no_rulebook": 404,
    "same_rules": 422,
    "too_far_ahead": 422,
    "ends_before_it_begins": 422,
    "archive_of_another": 403,
    "did_the_work": 403,
    "unknown_period": 422,
    "as_of_in_future": 422,
    "period_not_begun": 422,
    "unknown_community": 422,
    "no_head": 422,
    "numbers_do_not_fit": 422,
    "no_votes": 422,
    "publishing_unfit": 422,
    "nothing_to_excuse": 422,
    "before_published": 422,
    "month_not_over": 422,
    "flag_unfit": 422,
    "no_such_flag": 422,
    "not_appealed_against": 422,
    "not_excusable": 422,
    "unknown_member": 422,
    "nothing_before": 404,
    "unknown_publication": 422,
    "unknown_indicator": 422,
    "unknown_inspection": 422,
    "due_in_the_past": 422,
    "too_few_to_tell": 422,
    "not_a_year": 422,
}
"""Codes that are answered 422; the others are answered 409."""
