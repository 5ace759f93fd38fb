"""Single cells and words as clerks write them."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from services.intake.importer.headers import BOTH, Field, meaning
from services.intake.importer.period import Hint, Period, decide_period, filled_on, hint_of, month_of, placed
from services.intake.importer.places import community_name, community_of_section, community_of_sheet
from services.intake.importer.values import (
    WrittenDay,
    begins_like_formula,
    grid_code,
    id_numbers,
    marked,
    people,
    phone_numbers,
    repeats,
    says_nothing,
    text_of,
    ticked,
    written_day,
    written_span,
)
from services.intake.importer.vocabulary import Outcome, dispute_type, outcome, source

JUNE = month_of(2015, 6)
DECEMBER = month_of(2015, 12)
GOOD_ID = "41010519631207000X"  # synthetic, with a right check digit


@pytest.mark.parametrize(
    "written",
    [
        "2015年6月18日", "6月18日", "2015.6.18", "2015/06/18", "2015-6-18", "２０１５-０６-１８", " 2015.06.18 ",
        "2015．6．18", "20150618", 20150618, "15年6月18日", "15.6.18", "150618", "六月十八日", "二〇一五年六月十八日",
        "二零一五年六月十八", "二○一五年六月十八日", "6.18", "6/18", "6-18", "06.18", "0618", 6.18, "6月18",
        "6 月 18 日", "2015年6月18日上午", "2015-06-18 09:30", "6月18日9时", "6月18日-20日", "2015.6.18—6.20",
        "6月18号", "18日", "18", 18, "本月18日", 42173, 42173.4, 42173.0, datetime(2015, 6, 18),
        datetime(2015, 6, 18, 14, 5), date(2015, 6, 18), "6/18/2015", "18/6/2015", "2015、6、18", "2015 6 18",
        "2015年6月18日（星期四）", "'2015-06-18", "6月18日左右",
    ],
)  # fmt: skip
def test_the_eighteenth_of_june_in_every_style(written: Any) -> None:
    day = written_day(written)
    assert day is not None
    assert placed(day, JUNE) == date(2015, 6, 18)


@pytest.mark.parametrize(
    "written",
    [
        "待定",
        "2015.6.31",
        "2015年13月1日",
        "6月",
        "2015年6月",
        "六月下旬",
        "近期",
        "2月30日",
        "",
        "18件",
        True,
        time(9, 30),
        timedelta(1),
        0.5,
        99,
        "1/2/3/4",
    ],
)
def test_what_names_no_day(written: Any) -> None:
    assert written_day(written) is None


def test_a_decimal_day_takes_its_format_as_the_clerk_saw_it() -> None:
    as_shown = written_day(6.1, "0.00")
    in_doubt = written_day(6.1, "General")
    assert as_shown == WrittenDay(None, 6, 10)
    assert in_doubt == WrittenDay(None, 6, 1, ambiguous=True)


def test_a_day_number_counts_from_the_workbooks_own_epoch() -> None:
    day = written_day(42173 - 1462, epoch=date(1904, 1, 1))
    assert day == WrittenDay(2015, 6, 18)


def test_a_day_without_a_year_takes_the_titles_and_turns_the_year_only_when_it_must() -> None:
    def read(text: str, after: date | None = None) -> date | None:
        day = written_day(text)
        return placed(day, DECEMBER, after) if day else None

    assert read("12月20日") == date(2015, 12, 20)
    assert read("1月19日", after=date(2015, 12, 20)) == date(2016, 1, 19)
    assert read("12月3日", after=date(2015, 12, 20)) == date(2015, 12, 3)  # a slip of the pen, not next year
    assert read("3日", after=date(2015, 12, 20)) == date(2016, 1, 3)


@pytest.mark.parametrize(
    ("title", "first", "last", "month"),
    [
        ("东风路街道台账（2015年6月）", (2015, 6, 1), (2015, 6, 30), "2015-06"),
        ("二〇一五年六月份工作台账", (2015, 6, 1), (2015, 6, 30), "2015-06"),
        ("２０１５年６月台账", (2015, 6, 1), (2015, 6, 30), "2015-06"),
        ("台账2015.06", (2015, 6, 1), (2015, 6, 30), "2015-06"),
        ("ledger-2015-06", (2015, 6, 1), (2015, 6, 30), "2015-06"),
        ("201506台账", (2015, 6, 1), (2015, 6, 30), "2015-06"),
        ("15年6月台账", (2015, 6, 1), (2015, 6, 30), "2015-06"),
        ("2015年度6月份台账", (2015, 6, 1), (2015, 6, 30), "2015-06"),
        ("2015年5月26日至6月25日台账", (2015, 5, 26), (2015, 6, 25), "2015-06"),
        ("2015年12月26日-2016年1月25日", (2015, 12, 26), (2016, 1, 25), "2016-01"),
        ("2015年4-6月台账", (2015, 4, 1), (2015, 6, 30), None),
        ("2015年第二季度台账", (2015, 4, 1), (2015, 6, 30), None),
        ("2015年上半年台账", (2015, 1, 1), (2015, 6, 30), None),
    ],
)
def test_titles(title: str, first: tuple[int, int, int], last: tuple[int, int, int], month: str | None) -> None:
    period = hint_of(title).period
    assert period is not None
    assert (period.first, period.last, period.month) == (date(*first), date(*last), month)


@pytest.mark.parametrize(
    "title", ["东办〔2015〕28号", "填报时间：2015年6月30日", "台账", "2015年度6个社区", "2015年13月", "第18期"]
)
def test_what_is_no_month(title: str) -> None:
    assert hint_of(title).period is None


def test_the_period_is_put_together_from_what_is_told() -> None:
    days = [day for text in ("2015年6月2日", "6月9日") if (day := written_day(text))]
    assert decide_period([hint_of("2015年度台账"), hint_of("6月份")], Hint(), []) == JUNE
    assert decide_period([hint_of("6月份台账"), hint_of("台账")], Hint(), days) == JUNE
    assert decide_period([hint_of("台账")], filled_on("填报时间：2015年7月2日"), days) == JUNE
    assert decide_period([hint_of("台账")], filled_on("填报时间：2015年6月30日"), days) == JUNE
    assert decide_period([hint_of("台账")], Hint(), days) is None
    year = decide_period([hint_of("2015年度台账")], Hint(), days)
    assert year == Period(date(2015, 1, 1), date(2015, 12, 31))


@pytest.mark.parametrize(
    "written",
    [
        "第1网格",
        "一网格",
        "1号网格",
        "网格1",
        "第一网格",
        " １网格 ",
        "1",
        1,
        1.0,
        "01",
        "第1号网格",
        "网格一",
        "文博社区第一网格",
        "文博1网格",
        "1网格（北院）",
    ],
)
def test_one_grid_in_every_spelling(written: Any) -> None:
    assert grid_code(text_of(written), "文博社区") == "1网格"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("十二网格", "12网格"),
        ("3-2网格", "3-2网格"),
        ("WB-07", "WB-07"),
        ("无", None),
        ("/", None),
        ("东院网格", "东院网格"),
    ],
)
def test_other_grids(written: str, code: str | None) -> None:
    assert grid_code(written) == code


@pytest.mark.parametrize("sign", ["同上", "〃", "″", '"', "同前", " 同上 ", "—〃—", "同", "“", "''"])
def test_signs_of_repetition(sign: str) -> None:
    assert repeats(sign)


@pytest.mark.parametrize("text", ["", "同意", "-", "无", "上", "测试甲"])
def test_no_signs_of_repetition(text: str) -> None:
    assert not repeats(text)


@pytest.mark.parametrize(
    ("written", "numbers", "sound"),
    [
        ("19900000001", ("19900000001",), True),
        (" １９９０００００００１ ", ("19900000001",), True),
        ("199-0000-0001", ("19900000001",), True),
        ("199 0000 0001", ("19900000001",), True),
        ("+86 19900000001", ("19900000001",), True),
        ("19900000001、19900000002", ("19900000001", "19900000002"), True),
        ("19900000001/0371-61234567", ("19900000001", "0371-61234567"), True),
        ("19900000001（儿子）", ("19900000001",), True),
        ("(0371)61234567转802", ("(0371)61234567-802",), True),
        ("61234567", ("61234567",), True),
        ("400-123-4567", ("400-123-4567",), True),
        ("无", (), True),
        ("199000006", ("199000006",), False),
        ("199000000012", ("199000000012",), False),
        ("12900000001", ("12900000001",), False),
        ("1990000OOO1", (), False),
        ("不方便", (), False),
    ],
)
def test_telephone_numbers(written: str, numbers: tuple[str, ...], sound: bool) -> None:
    assert phone_numbers(written) == (numbers, sound)


def test_telephone_stored_as_a_number() -> None:
    assert phone_numbers(text_of(19900000001.0)) == (("19900000001",), True)


@pytest.mark.parametrize(
    ("written", "sound"),
    [
        (GOOD_ID, True),
        (GOOD_ID.lower(), True),
        (f"  {GOOD_ID} ", True),
        ("４１０１０５１９６３１２０７０００Ｘ", True),
        (f"身份证号：{GOOD_ID}", True),
        (f"{GOOD_ID}、{GOOD_ID}", True),
        ("990105196312070002", True),  # no such birthplace: not looked up
        ("410105631207001", True),  # the first generation has no check digit
        ("无", True),
        (f"{GOOD_ID}\n", False),
        ("410105196312070001", False),
        ("4101051963120700", False),
        ("4.10105E+17", False),
    ],
)  # fmt: skip
def test_id_numbers(written: str, sound: bool) -> None:
    if written.startswith("99"):
        from stdnum.cn import ric

        written = written[:-1] + ric.calc_check_digit(written)
    assert id_numbers(written)[1] is sound


def test_an_id_number_that_a_program_rounded() -> None:
    assert id_numbers(text_of(4.1010519631207e17), stored_as_number=True)[1] is False
    assert text_of(4.1010519631207e17).startswith("410105196312070") or "e" in text_of(4.1010519631207e17)


@pytest.mark.parametrize(
    ("text", "both", "names"),
    [
        ("测试甲", False, [("测试甲", None)]),
        ("张　三", False, [("张三", None)]),
        ("测试甲、测试丙", False, [("测试甲", None), ("测试丙", None)]),
        ("测试和测试公司", False, [("测试和测试公司", None)]),
        ("测试甲、测试乙", True, [("测试甲", 1), ("测试乙", 2)]),
        ("测试甲与测试乙", True, [("测试甲", 1), ("测试乙", 2)]),
        ("测试甲诉测试乙", True, [("测试甲", 1), ("测试乙", 2)]),
        ("测试甲、测试丙与测试乙", True, [("测试甲", 1), ("测试丙", 1), ("测试乙", 2)]),
        ("甲方：测试甲；乙方：测试乙", True, [("测试甲", 1), ("测试乙", 2)]),
        ("申请人测试甲，被申请人测试乙", True, [("测试甲", 1), ("测试乙", 2)]),
        ("李和平", True, [("李和平", 1)]),
        ("测试甲\n测试乙", True, [("测试甲", 1), ("测试乙", 2)]),
        ("无", True, []),
    ],
)
def test_people_in_a_cell(text: str, both: bool, names: list[tuple[str, int | None]]) -> None:
    assert [(person.name, person.side) for person in people(text, both)] == names


def test_a_cell_may_tell_a_persons_numbers_too() -> None:
    [first, second] = people(f"测试甲（19900000001，身份证{GOOD_ID}）、测试乙 19900000002", both_sides=True)
    assert (first.name, first.phone, first.id_number) == ("测试甲", "19900000001", GOOD_ID)
    assert (second.name, second.phone, second.id_number) == ("测试乙", "19900000002", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("是", True),
        ("√", True),
        ("Y", True),
        ("1", True),
        ("有", True),
        ("☑", True),
        ("否", False),
        ("", False),
        ("×", False),
        ("N", False),
        ("0", False),
        ("无", False),
        ("/", False),
        ("再看", None),
    ],
)
def test_marks(text: str, said: bool | None) -> None:
    assert marked(text) is said


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "＝1+1", "+1", "-5度", "@甲", "\t备注", " =1", "\r=1", "﹦1"])
def test_text_that_begins_like_a_formula(text: str) -> None:
    assert begins_like_formula(text)


@pytest.mark.parametrize("text", ["", "-", "——", "测试甲=乙", "1-2", "\n测试"])
def test_text_that_does_not(text: str) -> None:
    assert not begins_like_formula(text)


def test_boxes_ticked_in_one_cell() -> None:
    assert ticked("□婚姻 ☑邻里 □物业") == "邻里"
    assert ticked("是□ 否☑") in ("否", "是□ 否☑")
    assert ticked("邻里") == "邻里"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30日内", timedelta(30)),
        ("15天", timedelta(15)),
        ("一个月", 1),
        ("限2个月内", 2),
        ("半个月", timedelta(15)),
        ("18日", None),
        ("尽快", None),
        ("10个工作日", None),
    ],
)
def test_time_limits_given_as_a_length(text: str, span: timedelta | int | None) -> None:
    assert written_span(text) == span


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("marriage_family", "婚姻家庭 婚姻 家庭矛盾 夫妻纠纷 赡养 离婚纠纷 1.婚姻家庭类 继承 （一）婚姻家庭纠纷"),
        ("neighbours", "邻里 邻里纠纷 相邻关系 相邻权 邻居矛盾 噪音扰民 □婚姻☑邻里□物业 邻里（漏水）"),
        ("housing", "房屋宅基地 宅基 房产 房屋租赁 住房纠纷 宅基地边界"),
        ("contract", "合同 买卖合同纠纷 民间借贷 债权债务 房屋买卖合同 欠款"),
        ("business", "生产经营 经营性纠纷 企业经营"),
        ("damages", "损害赔偿 赔偿 人身损害 打架斗殴 损害赔偿类"),
        ("forest_land", "山林土地 土地 林权 土地承包"),
        ("expropriation", "征地拆迁 拆迁 征收补偿 拆迁安置 征地"),
        ("environment", "环境污染 环保 噪声污染 油烟"),
        ("labour", "劳动争议 劳资 劳动纠纷 欠薪 农民工工资 劳动合同 工伤赔偿"),
        ("consumption", "消费 消费维权 网购 其他消费纠纷"),
        ("medical", "医疗 医患 医疗损害赔偿"),
        ("traffic", "交通事故 交通 道路交通事故损害赔偿 车祸"),
        ("property_management", "物业 物业管理 物管 物业服务合同 物业费 停车位"),
        ("other", "其他 其它 其他纠纷 其他（旅游） 其他类"),
    ],
)
def test_spellings_of_types(code: str, spellings: str) -> None:
    assert {text: dispute_type(text) for text in spellings.split(" ")} == dict.fromkeys(spellings.split(" "), code)


@pytest.mark.parametrize("text", ["???", "", "无", "待定", "未知", "经济", "一般", "重大"])
def test_an_unknown_type_stays_unknown(text: str) -> None:
    assert dispute_type(text) is None


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("sweep", "排查 网格排查 主动排查 网格员上报 入户走访 巡查发现 摸排 主动发现"),
        ("application", "申请 当事人申请 群众来访 来信来访 当事人主动申请 群众反映 上门求助 书面申请"),
        ("handed_down", "交办 上级交办 信访局交办 领导批示 街道转办 信访积案"),
        ("transferred", "移送 派出所移送 法院委托 公安机关转来 110移交 法院委派"),
        ("hotline", "12345 热线 市长热线 12345热线转办 12345交办"),
    ],
)
def test_spellings_of_sources(code: str, spellings: str) -> None:
    assert {text: source(text) for text in spellings.split(" ")} == dict.fromkeys(spellings.split(" "), code)


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        (
            "resolved",
            "化解 已化解 已调处 调解成功 达成协议 办结 已结案 是 √ 双方和解 已化解，待回访 案结事了 息诉罢访 化解成功",
        ),
        (
            "open",
            "未化解 办理中 仍在协调 不能化解 正在调解 跟进中 否 × 未办结 部分化解 在办 待处理 尚未解决 上报街道",
        ),
        ("referred", "移送公安机关 已移送劳动仲裁 转交法院 引导诉讼 调解不成，引导诉讼 建议走司法途径 已向法院起诉"),
        ("terminated", "终止调解 当事人拒绝调解 调解不成 调解失败 未达成协议 终止"),
        ("withdrawn", "撤回申请 撤诉 当事人撤回 已撤销"),
        ("declined", "不予受理"),
    ],
)
def test_spellings_of_outcomes(code: str, spellings: str) -> None:
    assert {text: outcome(text) for text in spellings.split(" ")} == dict.fromkeys(spellings.split(" "), Outcome(code))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("文博社区", "文博社区"),
        ("东风路街道文博社区居委会（盖章）", "文博社区"),
        ("文博居委会", "文博社区"),
        ("测试村村民委员会", "测试村"),
        ("东风路街道办事处", None),
        ("街道综治办", None),
        ("", None),
    ],
)
def test_communities(text: str, name: str | None) -> None:
    assert community_name(text) == name


def test_the_community_of_a_sheet() -> None:
    assert community_of_sheet(["台账", "填报单位：文博社区    填报人：测试"], "Sheet1") == "文博社区"
    assert community_of_sheet(["三官一师进社区台账"], "文博社区") == "文博社区"
    assert community_of_sheet(["东风路街道文博社区矛盾纠纷台账"], "Sheet1") == "文博社区"
    assert community_of_sheet(["各社区矛盾纠纷台账", "填报单位：东风路街道办事处"], "6月") is None
    assert community_of_sheet(["三官一师进社区台账"], "台账") is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("文博社区", "文博社区"),
        ("二、文博社区（36件）", "文博社区"),
        ("各社区", None),
        ("文博社区小计", None),
        ("测试甲", None),
    ],
)
def test_a_line_that_names_a_community(line: str, name: str | None) -> None:
    assert community_of_section(line) == name


@pytest.mark.parametrize(
    ("path", "field", "side"),
    [
        (("甲方", "姓名"), Field.NAME, 1),
        (("被申请人", "联系方式"), Field.PHONE, 2),
        (("当事人情况", "乙方", "身份证号"), Field.ID, 2),
        (("双方当事人",), Field.NAME, BOTH),
        (("化解情况", "时间"), Field.RESOLVED, None),
        (("受理情况", "时间"), Field.OCCURRED, None),
        (("回访情况", "结果"), Field.FOLLOW_UP, None),
        (("处 理\n结果",), Field.OUTCOME, None),
        (("化解时限（年月日）",), Field.DUE, None),
        (("是否信访积案（是/否）",), Field.BACKLOG, None),
        (("网格员",), Field.HANDLER, None),
        (("*纠纷类型",), Field.TYPE, None),
    ],
)
def test_headers(path: tuple[str, ...], field: Field, side: int | None) -> None:
    held = meaning(path)
    assert held is not None
    assert (held.field, held.side) == (field, side)


@pytest.mark.parametrize(
    "path",
    [("填报人",), ("责任人", "电话"), ("责任人电话",), ("申请人", "性别"), ("涉及金额",), ("涉及人数",), ("回访人",)],
)
def test_headers_of_no_concern(path: tuple[str, ...]) -> None:
    assert meaning(path) is None


def test_a_tick_column_stands_for_its_header() -> None:
    held = meaning(("纠纷类型", "邻里"))
    assert held is not None
    assert (held.field, held.choice) == (Field.TYPE, "neighbours")


def test_error_values_of_a_program_say_nothing() -> None:
    assert says_nothing("#REF!")
    assert says_nothing("#N/A")


@pytest.mark.parametrize("written", ["42173", "４２１７３", " 42173 ", "42173.0", "42173.375"])
def test_a_day_number_that_was_kept_as_text_is_that_day(written: str) -> None:
    assert written_day(written) == WrittenDay(2015, 6, 18)
    assert written_day("40711", epoch=date(1904, 1, 1)) == WrittenDay(2015, 6, 18)
    for no_day in ("29999", "80000", "99999", "421730"):
        assert written_day(no_day) is None


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("contract", "房屋买卖 房屋买卖纠纷 二手房买卖合同 商品房买卖 欠钱不还"),
        ("expropriation", "土地征用 征用土地补偿"),
        ("marriage_family", "同居析产 夫妻财产分割 财产分割"),
        ("labour", "加班费 招工"),
        ("damages", "狗咬人 宠物伤人 饲养动物致人损害"),
    ],
)
def test_more_spellings_of_types(code: str, spellings: str) -> None:
    for spelling in spellings.split():
        assert dispute_type(spelling) == code, spelling


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        (
            "terminated",
            "未能调解成功 未调解成功 没有调解成功 没能调解成功 不能调解成功 调解没有成功 调解未能成功 调解未成功 "
            "未调成 没调成 难以调解 未能调解 未能和解 谈不拢 没谈成 协商破裂 调解无效 双方分歧大，未能调解成功",
        ),
        (
            "open",
            "未化解 未能化解 未能成功化解 未调解 未解决 尚未达成协议 尚未调解成功 还没调解成功 未能调解成功，继续跟进",
        ),
        ("resolved", "调解成功 已调解成功 成功调解"),
        ("referred", "未能调解成功，引导诉讼"),
    ],
)
def test_more_spellings_of_outcomes(code: str, spellings: str) -> None:
    for spelling in spellings.split():
        assert outcome(spelling) == code, spelling
