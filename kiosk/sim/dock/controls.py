"""What can be moved at the dock, as the panel shows it. A test holds these tables to the switches there really are."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.sim.portal.faults import CALLS, MALFORMED, Fault


@dataclass(frozen=True)
class Control:
    """One switch. unit: it takes a number, in this unit; choices: or one of these values, each with its label."""

    name: str
    label: str
    unit: str = ""
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    off: bool = False  # True: it is on with an ordinary card, and the panel's tick switches it off


FIELDS = (("", "なし"), ("name", "氏名"), ("address", "住所"), ("birth_date", "生年月日"), ("sex", "性別"))
BEHAVIOUR = (
    Control("t0", "T=0 で話す（61xx・6Cxx）"),
    Control("extended_length", "拡張長を受けつけない（6700）", off=True),
    Control("short_file_ids", "短縮ファイル識別子がない（6A86）", off=True),
    Control("nonminimal_lengths", "長さを 82 00 9F のように書く"),
    Control("end_of_file_6282", "ファイルの終わりで 6282"),
    Control("verify_case1_6700", "4 バイトの VERIFY に 6700"),
    Control("first_command_6f00", "最初のコマンドに 6F00"),
    Control("unset_pin_absent", "未設定の暗証番号は 6A82"),
    Control("ecdsa_der", "ECDSA の署名を DER で答える"),
    Control(
        "read_as",
        "データつきの警告",
        choices=(("36864", "9000"), ("25088", "6200"), ("25217", "6281"), ("25344", "6300")),
    ),
    Control(
        "bare_as",
        "未選択のときの答え",
        choices=(("0", "6A82・6986"), ("27266", "6A82"), ("27014", "6986"), ("27904", "6D00")),
    ),
    Control("filler", "ファイルの余白", choices=(("255", "FF"), ("0", "00"))),
    Control("blocked_as", "ロック中の答え", choices=(("25536", "63C0"), ("27011", "6983"), ("27012", "6984"))),
)
CARD_FAULTS = (
    Control("mute", "うら向き（応答しない）"),
    Control("pull_at", "途中で抜ける", "回目のコマンド", "8"),
    Control("silent_at", "途中でだまる", "回目のコマンド", "8"),
    Control("reset_at", "途中で一瞬電源が切れる", "回目のコマンド", "8"),
    Control("warm_reset_at", "途中でリセットする", "回目のコマンド", "8"),
    Control("forget_at", "途中で暗証番号の照合を忘れる", "回目のコマンド", "8"),
    Control("empty_field", "空の項目", choices=FIELDS),
    Control("missing_field", "ない項目", choices=FIELDS),
    Control("malformed_field", "正しくない項目", choices=FIELDS),
    Control("garbage", "中身がでたらめ"),
    Control("truncated_certificate", "証明書が途中で切れている"),
    Control("zero_length_fields", "４情報が空"),
    Control("wrong_charset", "氏名と住所が Shift_JIS"),
    Control("endless_filler", "余白がどこまでも続く"),
)
CARD_FAULTS_FOR_PROGRAMS = ("answers",)  # a table, which only the JSON interface can give

PRINTER = (
    Control("paper_end", "紙切れ"),
    Control("near_end", "紙の残りわずか"),
    Control("cover_open", "カバーが開いている"),
    Control("offline", "オフライン"),
    Control("cutter", "カッターの異常"),
    Control("error", "その他の異常"),
)
PRINTER_AT_WORK = (
    Control("jam_next_cut", "次の切断でカッターが止まる"),
    Control("paper_rows", "印刷の途中で紙が切れる", "行で", "300"),
    Control("die_after_bytes", "印刷の途中で電源が切れる", "バイトで", "5000"),
    Control("rows_per_second", "実機の速さで印刷する", "行／秒", "800"),
    Control("mute", "受けとるが、答えない"),
    Control("garble", "状態の答えがでたらめ"),
    Control("reset_after_bytes", "印刷の途中で接続が切れる", "バイトで", "5000"),
    Control("no_process_id", "印刷完了の通知がない旧機種"),
    Control("no_clear", "受信した分を捨てられない機種"),
    Control("deaf_at_work", "印刷中は状態を答えない"),
    Control("remembers", "停電のあとも続きを印刷する"),
    Control("hang_up_next", "つながってもすぐ切る", "回", "2"),
    Control("reset_next", "つながってもリセットする", "回", "2"),
    Control("accept_after_seconds", "つながっても待たせる", "秒", "1"),
    Control("answer_after_seconds", "状態の答えがおくれる", "秒", "0.5"),
    Control("rest_seconds", "切れたあと、つながらない", "秒", "1.5"),
)

AIDS = (  # by name: what it is, and what a press of it does; a keypad's keys are a real keyboard's
    ("bell", "呼びボタン", "押す"),
    ("keypad", "キーパッド", ""),
    ("remote", "位置を尋ねるリモコン", "押す"),
)

PORTAL = (
    Control(Fault.CLOSED.value, "受付時間外", "分後に開く", "60"),
    Control(Fault.SLOW.value, "答えない", "秒", "30"),
    Control(Fault.TRICKLE.value, "答えが 1 バイトずつ届く", "秒ごと", "0.5"),
    Control(Fault.SERVER_ERROR.value, "サーバーエラー（500）"),
    Control(Fault.CUT.value, "処理の前に切断"),
    Control(Fault.LOST_ANSWER.value, "処理のあとで切断（答えが失われる）"),
    Control(Fault.MALFORMED.value, "壊れた答え", choices=tuple((kind, kind) for kind in MALFORMED)),
    Control(
        Fault.WRONG_CERTIFICATE.value,
        "別のサーバー証明書",
        choices=(("stranger", "他人の発行"), ("other_name", "別の名前"), ("expired", "期限切れ")),
    ),
)
CALL_LABELS = {
    "status": "状態の確認",
    "begin": "開始（手順8の規約）",
    "state": "経過の照会",
    "hold": "情報の送信（手順7）",
    "submit": "署名の送信（手順10）",
    "cancel": "取消し",
    "begin_release": "前の連携の解除：開始",
    "state_release": "前の連携の解除：経過の照会",
    "hold_release": "前の連携の解除：情報の送信",
    "submit_release": "前の連携の解除：署名の送信",
    "cancel_release": "前の連携の解除：取消し",
}
assert tuple(CALL_LABELS) == CALLS
