"""What people quarrel about, and when: the seasons of disputes. All texts are invented, and say so."""

from collections.abc import Mapping
from random import Random
from typing import Final, NamedTuple

from shared.contracts.codes import DisputeType, Source

T = DisputeType


class Kind(NamedTuple):
    """A type of dispute: how frequent, when more so, and what is told."""

    weight: int
    busy: Mapping[int, int]
    """Month → how many times as frequent as usual."""
    told: tuple[str, ...]


KINDS: Final[Mapping[DisputeType, Kind]] = {
    # Windows stand open in summer, and children are at home.
    T.NEIGHBOURS: Kind(22, {6: 2, 7: 3, 8: 3}, (
        "楼上漏水，楼下天花板受损，双方对赔偿有争议。", "夜间噪声扰民，双方多次争执。",
        "暑假期间楼上孩子跑跳，楼下难以休息。",
        "公共走道堆放杂物，影响通行。",
    )),
    # Roofs leak in the summer rains; heating begins in November.
    T.PROPERTY_MANAGEMENT: Kind(16, {7: 2, 8: 2, 11: 3, 12: 3, 1: 2}, (
        "小区停车位分配引起争议。", "供暖温度不达标，住户拒交物业费。", "雨后屋面渗漏，维修责任不清。",
        "电梯停用多日，要求减免费用。",
    )),
    # Families are together at Spring Festival, and quarrel after it.
    T.MARRIAGE_FAMILY: Kind(14, {2: 2, 3: 2}, (
        "老人赡养费分担意见不一。", "分家析产意见不一致。", "离婚后子女探望安排有争议。",
    )),
    # Migrants want their wages before they go home for Spring Festival.
    T.LABOUR: Kind(10, {12: 3, 1: 5, 2: 3}, (
        "年关将近，工地工资尚未结清。", "解除合同的经济补偿未谈妥。", "加班费计算标准有争议。",
    )),
    T.CONSUMPTION: Kind(9, {3: 2, 11: 2}, ("预付卡停业不退。", "网购商品与描述不符，商家拒退。")),
    T.HOUSING: Kind(8, {}, ("租房押金退还发生争议。", "加装设施占用公共面积。")),
    T.TRAFFIC: Kind(6, {12: 2, 1: 2}, ("电动车剐蹭，赔偿未达成一致。", "停车碰擦，责任认定有异议。")),
    T.CONTRACT: Kind(6, {}, ("装修合同延期。", "家具定制尺寸不符，尾款有争议。")),
    # Dust and smoke in the warm months.
    T.ENVIRONMENT: Kind(5, {6: 2, 7: 2, 8: 2}, ("夜市油烟影响住户。", "施工扬尘影响住户。")),
    T.DAMAGES: Kind(4, {}, ("宠物伤人后的医疗费分担有争议。",)),
    T.BUSINESS: Kind(3, {}, ("商铺招牌遮挡相邻门面。",)),
    T.MEDICAL: Kind(2, {}, ("诊所收费引起争议。",)),
    T.EXPROPRIATION: Kind(2, {}, ("过渡安置费发放时间有争议。",)),
    T.FOREST_LAND: Kind(1, {}, ("菜地边界不清。",)),
    T.OTHER: Kind(1, {}, ("红白喜事占道引起争执。",)),
}  # fmt: skip
BY_MONTH: Final = tuple(
    sum(kind.weight * kind.busy.get(month, 1) for kind in KINDS.values()) for month in range(1, 13)
)  # fmt: skip
"""How much is reported in each month."""
SOURCES: Final = {Source.SWEEP: 5, Source.APPLICATION: 3, Source.HOTLINE: 2, Source.TRANSFERRED: 1}
"""Most is found by those who look for it (§3.2.1)."""


def drawn(random: Random, month: int) -> tuple[DisputeType, str, Source]:
    """A matter of the month: its type, what is told, and how the office came to know."""
    weights = [kind.weight * kind.busy.get(month, 1) for kind in KINDS.values()]
    found = random.choices(list(KINDS), weights)[0]
    told = f"示例：{random.randint(1, 30)}号楼{random.randint(1, 4)}单元，{random.choice(KINDS[found].told)}"
    return found, told, random.choices(list(SOURCES), list(SOURCES.values()))[0]
