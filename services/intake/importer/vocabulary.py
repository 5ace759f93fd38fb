"""Free spellings → codes: dispute types 纠纷类型, sources 来源, outcomes 办理结果.

What is not understood stays unknown (None). An unknown type is never turned into 其他: only a clerk may say so.
"""

import re
from typing import Final

from services.intake.importer.values import marked, says_nothing, squeezed, ticked
from shared.contracts.codes import DisputeType, Named, Source


class Outcome(Named):
    """How a case stood when the paper was written 办理结果."""

    RESOLVED = "resolved", "已化解", "resolved"
    OPEN = "open", "未化解", "open"
    REFERRED = "referred", "移送", "referred"
    TERMINATED = "terminated", "终止", "terminated"
    WITHDRAWN = "withdrawn", "撤回", "withdrawn"
    DECLINED = "declined", "不予受理", "declined"


_ENUMERATION = re.compile(r"^(?:\(?(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2}|[a-z])[).、:]+|[0-9]{1,2}(?=[^0-9]))")
_TAIL = re.compile(r"(?:类型|类别|类|型|方面|问题|案件|事件|矛盾|纠纷|争议|争执|事项|引发|引起|等|的)+$")
_OTHER = re.compile(r"其[他它]|综合|不属于以上")

_TYPE_WORDS: Final = (
    # In this order: the first that fits names the type of a text in which several words occur, e.g. 交通事故损害赔偿.
    (DisputeType.MEDICAL, "医疗|医患|医院|医闹|诊疗|诊所|看病|就医"),
    (DisputeType.TRAFFIC, "交通|车祸|道路事故|剐蹭|刮蹭|肇事|撞车|撞人|撞伤|车辆"),
    (DisputeType.LABOUR, "劳动|劳资|劳务|工伤|欠薪|讨薪|薪资|薪酬|工资|农民工|用工|招工|加班|雇佣|雇主|社保"),
    (DisputeType.PROPERTY_MANAGEMENT, "物业|物管|业委会|业主|小区管理|停车位|停车费|电梯|供暖|供热"),
    (DisputeType.EXPROPRIATION, "征地|征用|拆迁|征收|征迁|征拆|安置|棚改|搬迁|动迁|城改|回迁|拆除"),
    (DisputeType.CONSUMPTION, "消费|网购|购物|电商|电子商务|退货|商品质量|产品质量|预付卡|假货"),
    (
        DisputeType.MARRIAGE_FAMILY,
        "婚姻|婚恋|结婚|离婚|家庭|家事|家务|家暴|夫妻|赡养|抚养|扶养|抚育|继承|遗产|分家|析产|财产分割|同居|恋爱|彩礼|婆媳|兄弟|姐妹|父子|母子",
    ),
    (DisputeType.HOUSING, "宅基"),
    (
        DisputeType.FOREST_LAND,
        "山林|林地|林权|林业|林木|森林|土地|草场|草原|水利|承包地|山地|山场|耕地|田地|责任田|地界|地边",
    ),
    (DisputeType.HOUSING, "房屋租赁$|租房$|房租$"),
    (
        DisputeType.CONTRACT,
        "合同|协议|借贷|借款|债务|债权|欠款|欠债|欠钱|货款|买卖|装修|装饰|承揽|租赁|工程款|合伙|担保|定金|民间借",
    ),
    (DisputeType.NEIGHBOURS, "邻里|相邻|邻居|邻间|邻舍|四邻|街坊|楼上楼下|左邻"),
    (DisputeType.HOUSING, "房|住宅"),
    (DisputeType.ENVIRONMENT, "环境|环保|污染|油烟|扬尘|烟尘|粉尘|垃圾|臭味|异味|废气|废水|污水|排污"),
    (
        DisputeType.DAMAGES,
        "赔偿|损害|伤害|人身|侵权|伤人|咬人|咬伤|饲养动物|动物致|打架|斗殴|殴打|高空抛物|高空坠物|意外|财产损失|致伤|赔付",
    ),
    (DisputeType.NEIGHBOURS, "噪音|噪声|扰民|漏水|渗水|采光|通风|通行|楼道|滴水|宠物|犬|排水|杂物|院墙"),
    (DisputeType.BUSINESS, "生产|经营|商户|生意|商业|营业"),
)
_TYPES: Final = tuple((code, re.compile(words)) for code, words in _TYPE_WORDS)
_TYPE_NAMES: Final = {squeezed(name): code for code in DisputeType for name in (code.value, code.zh)}


def dispute_type(text: str) -> DisputeType | None:
    """The dispute type 纠纷类型 that a clerk's spelling names; None where none is known."""
    plain = _ENUMERATION.sub("", squeezed(ticked(text)))
    if plain in _TYPE_NAMES:
        return _TYPE_NAMES[plain]
    head, _, detail = plain.partition("(")
    head = _TAIL.sub("", head)
    if head in _TYPE_NAMES:
        return _TYPE_NAMES[head]
    parts = [part for part in re.split(r"[、/,;:+|]", head) if part]
    if _OTHER.match(head):
        # 其他消费纠纷 is one of the official heads; 其他：… and 其他（…） are the clerk's own other.
        named = _by_words(_OTHER.sub("", parts[0], count=1)) if parts else None
        return named or DisputeType.OTHER
    return next((code for part in parts if (code := _by_words(part))), None) or _by_words(detail)


def _by_words(text: str) -> DisputeType | None:
    return next((code for code, words in _TYPES if words.search(text)), None)


_SOURCES: Final = tuple(
    (code, re.compile(words))
    for code, words in (
        (Source.HOTLINE, "12345|1234[58]|热线|市长电话|市长信箱|市民电话|便民电话|民生电话|电话热线"),
        (
            Source.TRANSFERRED,
            "移送|移交|移转|委托|委派|诉前|诉调|转来|转交|流转|(法院|公安|派出所|检察|司法|110|部门).*(转|交|派)|^110",
        ),
        (
            Source.HANDED_DOWN,
            "交办|批示|督办|转办|批转|下派|派单|下转|下交|领导包|信访(件|局|转|办|积案)|^上级|^街道$|^转$",
        ),
        (
            Source.SWEEP,
            "排查|巡查|巡防|走访|入户|摸排|摸底|巡逻|自查|网格|发现|下访|大走访|日常|普查|主动上门|专干上报|楼栋长|信息员",
        ),
        (
            Source.APPLICATION,
            "申请|来访|来信|上门|求助|群众|居民|村民|当事人|投诉|反映|自行|自述|申诉|请求|主动要求|上访|信访|举报|口头|书面|本人|来电|电话",
        ),
        (Source.TRANSFERRED, "法院|公安|派出所|检察|司法所|110|部门"),
    )
)
_SOURCE_NAMES: Final = {squeezed(name): code for code in Source for name in (code.value, code.zh)}


def source(text: str) -> Source | None:
    """The source 来源 that a clerk's spelling names; None where none is known."""
    plain = _ENUMERATION.sub("", squeezed(ticked(text)))
    if plain in _SOURCE_NAMES:
        return _SOURCE_NAMES[plain]
    return next((code for code, words in _SOURCES if words.search(plain)), None)


_OUTCOMES: Final = tuple(
    (code, re.compile(words))
    for code, words in (
        # In this order: 调解不成，引导诉讼 is a referral; 未化解 must be seen
        # before 化解, and 已化解，待回访 is over all the same.
        (
            Outcome.RESOLVED,
            "^(已经?)?(成功)?(化解|解决|办结|结案|(调处|调解)成功|达成.{0,4}协议|和解)(?!中|工作|未|不|失败|无|过程|率|难)",
        ),
        (Outcome.WITHDRAWN, "撤回|撤诉|撤案|撤访|撤销|撤单|放弃"),
        (Outcome.DECLINED, "不予受理|不受理|不予调解|不属受理"),
        (
            Outcome.REFERRED,
            "移送|移交|移转|转交|转办|转送|转介|转由|转至|转往|转到|已转(?!化)|交由|流转"
            "|转.{0,8}(法院|公安|派出所|仲裁|司法|部门|劳动|信访|检察|单位)"
            "|(引导|建议|告知|指引|走|进入|导入|通过).{0,10}(诉讼|仲裁|司法|法律|起诉|法院)"
            "|(司法|诉讼|法律|仲裁)(途径|程序|渠道)|诉讼解决|^诉讼$|^仲裁$|起诉|申请仲裁",
        ),
        (Outcome.OPEN, "继续|正在|跟进|下一步|择日|再次|持续|(尚|还|暂|暂时|目前)(未|没|无法|不能)(?!.*终[止结])"),
        (
            Outcome.TERMINATED,
            "终止|终结|拒绝|拒不|拒调|不同意|不愿|不接受|不配合|退出调解|不成|失败|无果|未果|未成|未达成|未能达成|达不成|无法(达成|调解)|不能达成"
            # 未能调解成功, 没有调成, 难以调解, 谈不拢: it was tried and came to nothing. 未调解 and 未能化解 are open.
            "|(未能|没能|不能|无法|难以)(再|继续|成功)?(调解|调处|调停|协商|和解)|(未|没有?)能?(调解|调处|协商|调|谈)(成|好|妥|拢)"
            "|没有?成功|(调解|调处|协商)(均|都|仍|后)?未能成功|(未|没有?)能?取得成功|[谈调](不成|不拢|崩)|破裂|(调解|调处|协商)(均|都|仍|后)?无效|没有结果",
        ),
        (
            Outcome.OPEN,
            "未|没|尚|暂|待|仍|不能|协商中|(办理|调解|处理|协调|化解|处置|调处|稳控|跟踪|推进|督办|调查|核实|沟通|办)之?中|中$|在办|在调|在理|进行|稳控"
            "|部分|受理|登记|上报|报送|呈报|拟|不稳定|跟踪",
        ),
        (
            Outcome.RESOLVED,
            "化解|调处|调解|调结|调成|调好|解决|办结|办完|办毕|结案|已结|了结|结束|成功|达成|和解|协议|履行|息诉|息访|案结|完毕|处结|处理"
            "|处置|完成|完结|满意|销案|销号|握手|劝解|平息|谅解|兑现|已办|办理",
        ),
    )
)
_OUTCOME_NAMES: Final = {squeezed(name): code for code in Outcome for name in (code.value, code.zh)}


def outcome(text: str) -> Outcome | None:
    """How the case stood, from words or a yes-or-no answer to 是否化解; None where the words are not understood."""
    plain = squeezed(ticked(text))
    if plain in _OUTCOME_NAMES:
        return _OUTCOME_NAMES[plain]
    if not says_nothing(text) and (answer := marked(text)) is not None:
        return Outcome.RESOLVED if answer else Outcome.OPEN
    return next((code for code, words in _OUTCOMES if words.search(plain)), None)
