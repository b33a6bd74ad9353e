"""What a foreign text quotes in Japanese, 「運転免許」, and words that stay together where a line ends.

A quotation is marked as Japanese. So it has Japanese letters, is broken between its phrases and not within a word, and
whoever has the screen read aloud hears it in its own language; our own voice has its sound by another way
(voice/readings.py).

Vietnamese has a blank between any two syllables, and most words are of two. Those that stand on slips most often are
held together there: a narrow line parted every third of them.
"""

from __future__ import annotations

import re

NAME = re.compile(r"「[^」<>]*」")
MARKED = r'<span class="quoted" lang="ja">\g<0></span>'
_PIECE = re.compile(r"<[^>]*>|[^<]+")
_WORDS = (
    "My Number|bằng lái|trực tuyến|thông tin|liên kết|gia hạn|nhân viên|mã PIN|chứng nhận|điện tử|thủ tục"
    "|điện thoại|đăng ký|cảnh sát|trung tâm|hết hạn|giấy báo|thời hạn|đơn xin|bưu điện|hiệu lực|lưu trú|địa chỉ"
    "|tích hợp|ban đầu|tạm ngừng|chức năng|tiếp nhận|tổng đài|miễn phí|cửa hàng|tiện lợi|tòa thị|kiểm tra|danh sách"
    "|hướng dẫn|đăng nhập|trên thẻ|chữ ký|ký tự|liên tiếp|khẩn cấp|tiếng Nhật"
    "|máy này|tại đây|chụp ảnh|lái xe|đặc biệt|đình chỉ|chính xác|tối đa"
)
_TOGETHER = re.compile(rf"\b(?:{_WORDS})\b", re.IGNORECASE)


def marked(html: str) -> str:
    """Finished HTML in a foreign language with its quotations marked. A text with one is kept in one span, since in a
    flex box each part would be an item by itself."""
    if "「" not in html:
        return html
    return _PIECE.sub(lambda piece: piece[0] if piece[0][0] == "<" else _text(piece[0]), html)


def _text(piece: str) -> str:
    said = NAME.sub(MARKED, piece)
    return piece if said == piece else f"<span>{said}</span>"


def together(text: str) -> str:
    """A text whose Vietnamese words of two syllables are not parted."""
    return _TOGETHER.sub(lambda word: word[0].replace(" ", "\N{NO-BREAK SPACE}"), text)
